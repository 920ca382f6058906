/** The sandbox's page: everybody's phones, the owners, the callbacks, the faults. */
import { createApp } from 'vue'
import App from './App.vue'
import './styles.css'

createApp(App).mount('#app')
