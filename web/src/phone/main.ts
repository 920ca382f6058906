/** The inspector's phone at /m/: a list of visits and one page per visit, usable without network once opened. */
import '@vant/touch-emulator'
import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import VisitsPage from './pages/VisitsPage.vue'
import { fetchRest } from './rest'
import { begin } from './session'
import { installVant } from './vant'
import './phone.css'

/** A page behind the list: one file with all of them, which comes while the list is already there. */
const inner = (name: Exclude<keyof typeof import('./inner'), 'installInner'>) => async () => {
  const pages = await import('./inner')
  pages.installInner(app)
  fetchRest()
  return pages[name]
}

const router = createRouter({
  history: createWebHistory('/m/'),
  routes: [
    { path: '/', component: VisitsPage },
    { path: '/calendar', component: inner('CalendarPage') },
    { path: '/certificates', component: inner('CertificatesPage') },
    { path: '/visits/:id', component: inner('VisitPage') },
    { path: '/visits/:id/receipt', component: inner('ReceiptPage') },
    { path: '/visits/:id/confirm', component: inner('ConfirmPage') },
    { path: '/visits/:id/owner', component: inner('OwnerPage') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

const app = createApp(App).use(router)
installVant(app)
app.mount('#app')
void begin()
