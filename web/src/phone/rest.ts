/** What comes once the first page stands, so that it does not wait for it: the pages behind the list, and the service worker. */
let begun = false

/** Fetch the rest of the app and keep all of it for later without network. Called again, it does nothing. */
export function fetchRest(): void {
  if (begun) return
  begun = true
  import('./inner').catch(() => {}) // asked for again when one of them is opened
  // Old browsers and plain-http hosts have no service worker: then only reloading without network is lost.
  if (import.meta.env.PROD) navigator.serviceWorker?.register('/m/sw.js', { scope: '/m/' }).catch(() => {})
}
