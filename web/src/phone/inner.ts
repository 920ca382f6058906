/** The pages behind the list and the Vant parts that only they use: loaded apart, so that the list is there sooner. */
import type { App } from 'vue'
import { Collapse, CollapseItem, NavBar, Popup, Progress, Signature, Tab, Tabs } from 'vant'
import 'vant/es/collapse/style/index'
import 'vant/es/collapse-item/style/index'
import 'vant/es/dialog/style/index'
import 'vant/es/image-preview/style/index'
import 'vant/es/nav-bar/style/index'
import 'vant/es/popup/style/index'
import 'vant/es/progress/style/index'
import 'vant/es/signature/style/index'
import 'vant/es/tab/style/index'
import 'vant/es/tabs/style/index'
import 'vant/es/toast/style/index'

export { default as CalendarPage } from './pages/CalendarPage.vue'
export { default as CertificatesPage } from './pages/CertificatesPage.vue'
export { default as ConfirmPage } from './pages/ConfirmPage.vue'
export { default as OwnerPage } from './pages/OwnerPage.vue'
export { default as ReceiptPage } from './pages/ReceiptPage.vue'
export { default as VisitPage } from './pages/VisitPage.vue'

export function installInner(app: App): void {
  for (const part of [Collapse, CollapseItem, NavBar, Popup, Progress, Signature, Tab, Tabs]) app.use(part)
}
