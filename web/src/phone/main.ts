/** The inspector's phone at /m/: a list of visits and one page per visit, usable without network once opened. */
import '@vant/touch-emulator'
import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import CalendarPage from './pages/CalendarPage.vue'
import CertificatesPage from './pages/CertificatesPage.vue'
import ConfirmPage from './pages/ConfirmPage.vue'
import OwnerPage from './pages/OwnerPage.vue'
import ReceiptPage from './pages/ReceiptPage.vue'
import VisitPage from './pages/VisitPage.vue'
import VisitsPage from './pages/VisitsPage.vue'
import { begin } from './session'
import { installVant } from './vant'
import './phone.css'

const router = createRouter({
  history: createWebHistory('/m/'),
  routes: [
    { path: '/', component: VisitsPage },
    { path: '/calendar', component: CalendarPage },
    { path: '/certificates', component: CertificatesPage },
    { path: '/visits/:id', component: VisitPage },
    { path: '/visits/:id/receipt', component: ReceiptPage },
    { path: '/visits/:id/confirm', component: ConfirmPage },
    { path: '/visits/:id/owner', component: OwnerPage },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

const app = createApp(App).use(router)
installVant(app)
app.mount('#app')
void begin()

// Old browsers and plain-http hosts have no service worker: then only reloading without network is lost.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/m/sw.js', { scope: '/m/' }).catch(() => {})
