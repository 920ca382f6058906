/** Values as people read them. The server's zone is China's; times are shown in it wherever the browser stands. */

const ZONE = 'Asia/Shanghai'
const MOMENT = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE,
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})
const DAY = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })
const LONG = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE,
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})

/** 05-20 14:03 */
export function moment(iso: string | null | undefined): string {
  return iso ? MOMENT.format(new Date(iso)).replace('/', '-') : '—'
}

/** 2026-05-20: what lies years back needs its year. */
export function longDay(iso: string): string {
  return DAY.format(new Date(iso)).replaceAll('/', '-')
}

/** 2026年5月20日周三 14:03 */
export function longMoment(iso: string): string {
  return LONG.format(new Date(iso))
}

/** 2026-05-01 至 2026-06-30; nothing of both is a dash. */
export function period(from: string | null, to: string | null): string {
  return from || to ? `${from ?? '…'} 至 ${to ?? '…'}` : '—'
}

/** 12,345 */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '—' : value.toLocaleString('en-US')
}

/** A hex digest in groups that can be read aloud: 8 groups of 8. */
export function groups(hex: string, size = 8): string[] {
  return hex.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
}

const SUBJECTS: Record<string, string> = {
  member: '成员', visit: '检查', part: '部门结果', task: '任务', draw: '抽取', publication: '公示', evidence: '证据', import: '导入',
}

/** What an act was about; a bare "kind:id" becomes the kind's word and the end of the id, for people cannot read more of it. */
export function subjectText(subject: string): string {
  const match = /^([a-z-]+):([0-9a-z]{16,})$/.exec(subject)
  return match ? `${SUBJECTS[match[1] ?? ''] ?? match[1]} …${match[2]?.slice(-6)}` : subject
}

/** 640 KB, 3.2 MB, 1.4 GB */
export function size(bytes: number): string {
  const units = ['KB', 'MB', 'GB', 'TB']
  let value = bytes / 1024
  let at = 0
  while (value >= 1000 && at < units.length - 1) {
    value /= 1024
    at += 1
  }
  return `${value >= 10 || !at ? Math.ceil(value) : value.toFixed(1)} ${units[at]}`
}

/** The day that a calendar shows: "2026-03-02" of the browser's own midnight. */
export function localDay(day: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}
