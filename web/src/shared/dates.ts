/** Dates as people in the office read them. Input: ISO-8601 text from the backend; wrong text comes back unchanged. */

const two = (value: number) => String(value).padStart(2, '0')

/** "11月20日" or, outside the current year, "2027年1月4日"; of a moment its day in China. */
export function dayText(iso: string, now: Date = new Date()): string {
  const at = iso.includes('T') ? new Date(iso) : null
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(at && !Number.isNaN(at.getTime()) ? officeDay(at) : iso)
  if (!match) return iso
  const [, year, month, day] = match
  const short = `${Number(month)}月${Number(day)}日`
  return Number(year) === now.getFullYear() ? short : `${year}年${short}`
}

/** "11月3日 — 12月18日". */
export const periodText = (from: string, to: string, now?: Date): string => `${dayText(from, now)} — ${dayText(to, now)}`

/** "2026-11-20 09:05" in China's zone (the offices' one zone, whatever the phone is set to). */
export function momentText(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const there = inChina(at).toISOString()
  return `${there.slice(0, 10)} ${there.slice(11, 16)}`
}

/** The same moment shifted so that its UTC fields read as China's clock (UTC+8, no summer time since 1992). */
const inChina = (at: Date): Date => new Date(at.getTime() + 8 * 3_600_000)

/** The day of a moment in China: "2026-11-20". */
export const officeDay = (at: Date): string => inChina(at).toISOString().slice(0, 10)

/** "09:05". */
export const clockText = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`

/** Whole days from China's day at `now` to the day `due`; negative when it is past. */
export function daysUntil(due: string, now: Date): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(due)
  if (!match) return Number.POSITIVE_INFINITY
  const target = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  const today = Date.parse(officeDay(now))
  return Math.round((target - today) / 86_400_000)
}
