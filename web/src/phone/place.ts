/** Where the phone is, when it may say so. Never asked twice in a row, never waited for. */
import type { Place } from './types'

let known: { place: Place; at: number } | null = null
const FRESH_MS = 5 * 60_000

/** Ask for the position in the background; a refusal is accepted in silence. */
export function lookAround(): void {
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      known = { place: { lat: coords.latitude, lon: coords.longitude, accuracy: coords.accuracy }, at: Date.now() }
    },
    () => {},
    { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
  )
}

/** The last position not older than five minutes (WGS-84 degrees), or null. */
export function lastPlace(): Place | null {
  return known && Date.now() - known.at < FRESH_MS ? known.place : null
}
