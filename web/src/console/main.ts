/** The console's start: main -> App (who am I?) -> menu and pages. */
import { createApp } from 'vue'
import App from './App.vue'
import { useElement } from './element'
import { router } from './router'
import './styles.css'

const app = createApp(App)
useElement(app)
app.use(router).mount('#app')
