/** The enterprise's pages at /o/, opened in the mini-program's web-view: what is announced, who comes, which rights, what to mend. */
import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import '../phone/phone.css'
import App from './App.vue'
import HomePage from './pages/HomePage.vue'
import RectificationPage from './pages/RectificationPage.vue'
import VisitPage from './pages/VisitPage.vue'
import './owner.css'
import { begin } from './session'

/** Only after the code of wx.login is gone from the address: a router keeps the address it finds. */
function show(): void {
  const router = createRouter({
    history: createWebHistory('/o/'),
    routes: [
      { path: '/', component: HomePage },
      { path: '/visits/:id', component: VisitPage },
      { path: '/rectifications/:id', component: RectificationPage },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  createApp(App).use(router).mount('#app')
}

void begin().then(show)
