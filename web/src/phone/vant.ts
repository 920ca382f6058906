/** The Vant parts the phone uses, each with its own style: the bundle holds nothing else of the library. */
import type { App } from 'vue'
import { Button, Collapse, CollapseItem, Empty, Icon, NavBar, Popup, Progress, PullRefresh, Signature, Skeleton, Tab, Tabs, Tag } from 'vant'
import 'vant/es/button/style/index'
import 'vant/es/collapse/style/index'
import 'vant/es/collapse-item/style/index'
import 'vant/es/dialog/style/index'
import 'vant/es/empty/style/index'
import 'vant/es/icon/style/index'
import 'vant/es/image-preview/style/index'
import 'vant/es/nav-bar/style/index'
import 'vant/es/popup/style/index'
import 'vant/es/progress/style/index'
import 'vant/es/pull-refresh/style/index'
import 'vant/es/signature/style/index'
import 'vant/es/skeleton/style/index'
import 'vant/es/tab/style/index'
import 'vant/es/tabs/style/index'
import 'vant/es/tag/style/index'
import 'vant/es/toast/style/index'

export function installVant(app: App): void {
  for (const part of [Button, Collapse, CollapseItem, Empty, Icon, NavBar, Popup, Progress, PullRefresh, Signature, Skeleton, Tab, Tabs, Tag]) app.use(part)
}
