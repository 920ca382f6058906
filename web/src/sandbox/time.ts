/** Times as a chat shows them, in China's zone. */
const CLOCK = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false })
const DAY = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', month: 'long', day: 'numeric' })

/** 14:03 */
export const clock = (iso: string): string => CLOCK.format(new Date(iso))

/** 5月20日 14:03 */
export const stamp = (iso: string): string => `${DAY.format(new Date(iso))} ${clock(iso)}`

/** Whether a chat shows the time again: more than five minutes lie between. */
export const apart = (one: string | undefined, other: string): boolean =>
  one === undefined || Date.parse(other) - Date.parse(one) > 300_000
