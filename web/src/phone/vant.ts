/** The Vant parts of the list, each with its own style; those of the pages behind it come with `inner.ts`. */
import type { App } from 'vue'
import { Button, Empty, Icon, PullRefresh, Skeleton } from 'vant'
import 'vant/es/button/style/index'
import 'vant/es/empty/style/index'
import 'vant/es/icon/style/index'
import 'vant/es/pull-refresh/style/index'
import 'vant/es/skeleton/style/index'

export function installVant(app: App): void {
  for (const part of [Button, Empty, Icon, PullRefresh, Skeleton]) app.use(part)
}
