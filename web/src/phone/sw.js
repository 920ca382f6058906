/* The phone's service worker: the app opens without network. It keeps only the page and its own files, never an
   answer of the API (those are in IndexedDB, where the app says how old they are). Each build has its own cache. */
const CACHE = 'suicha-phone-__VERSION__'
const SHELL = "__SHELL__"
const ENTRY = "__ENTRY__"
const PAGE = '/m/'

/* A captive portal's page must never become the app: only our own page and real script or style files are kept. */
async function fetchOwn(path) {
  const response = await fetch(path, { cache: 'reload', credentials: 'same-origin' })
  const type = response.headers.get('content-type') || ''
  const isPage = path === PAGE
  const own = response.ok && !response.redirected && (type.includes('text/html') === isPage)
  if (!own) throw new Error('not our file: ' + path)
  if (isPage && !(await response.clone().text()).includes(ENTRY)) throw new Error('a page of another build')
  return response
}

async function install() {
  const responses = await Promise.all([PAGE, ...SHELL].map(async (path) => [path, await fetchOwn(path)]))
  const cache = await caches.open(CACHE)
  await Promise.all(responses.map(([path, response]) => cache.put(path, response)))
  await self.skipWaiting()
}

async function activate() {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith('suicha-phone-') && name !== CACHE).map((name) => caches.delete(name)))
  await self.clients.claim()
}

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== location.origin) return
  const path = event.request.mode === 'navigate' && url.pathname.startsWith('/m') ? PAGE : url.pathname
  if (path !== PAGE && !SHELL.includes(path)) return
  event.respondWith(caches.open(CACHE).then((cache) => cache.match(path)).then((kept) => kept || fetch(event.request)))
})
