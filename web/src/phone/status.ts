/** Words and colours for states. Colours come from codes, words from the backend wherever it has them. */
import { joined } from '@/shared/api'
import { daysUntil } from '@/shared/dates'
import type { Progress } from './queue'

export type Tone = '' | 'blue' | 'green' | 'red' | 'amber'

const TONES: Record<string, Tone> = {
  open: 'blue', assigned: 'blue', accepted: 'blue', returned: 'red',
  submitted: 'amber', confirmed: 'amber', approved: 'green', published: 'green',
}

export const tone = (status: string): Tone => TONES[status] ?? ''

/** Whether this member still has something to do on site. */
export const isOpen = (partStatus: string): boolean => partStatus === 'open' || partStatus === 'returned'

/** How a deadline reads and whether it is near (three days or fewer) or past. */
export function deadlineText(due: string, now: Date): { text: string; near: boolean } {
  const days = daysUntil(due, now)
  if (!Number.isFinite(days)) return { text: due, near: false }
  if (days < 0) return { text: `已逾期 ${-days} 天`, near: true }
  if (days === 0) return { text: '今天到期', near: true }
  return { text: `还剩 ${days} 天`, near: days <= 3 }
}

const WAITING = {
  network: '已保存在本机。网络不通，联网后自动继续',
  portal: '已保存在本机。当前网络需要先登录（例如无线网络的登录页），之后自动继续',
  server: '已保存在本机。服务器暂时没有正常答复，会自动重试',
}

/** Where a submission stands, in plain words. */
export function sendingText(progress: Progress | null): { text: string; tone: Tone } {
  if (!progress || progress.phase === 'queued') return { text: '已保存在本机，等待上传', tone: 'blue' }
  const { outcome, done, total } = progress
  if (progress.phase === 'uploading') return { text: done < total ? `正在上传 ${done + 1}/${total}` : '文件已传完，正在等回执', tone: 'blue' }
  if (outcome?.kind === 'waiting') return { text: WAITING[outcome.why], tone: 'amber' }
  if (outcome?.kind === 'signed-out') return { text: '登录已过期，重新登录后自动继续', tone: 'amber' }
  if (outcome?.kind === 'other-member') return { text: '现在登录的是另一个人，请用自己的账号进入后继续', tone: 'amber' }
  if (outcome?.kind === 'failed') return { text: outcome.text, tone: 'red' }
  if (outcome?.kind === 'refused') return { text: joined(outcome.title, outcome.action), tone: 'red' }
  return { text: '已送达', tone: 'green' }
}
