/** Where a task stands, what comes next, and whose turn it is. Pure. */
import type { Task, TaskStatus } from '../api/tasks'
import { moment } from '../format'

export const STEPS: { status: TaskStatus; text: string }[] = [
  { status: 'draft', text: '草稿' },
  { status: 'prepared', text: '待冻结' },
  { status: 'frozen', text: '已冻结' },
  { status: 'drawn', text: '已抽取' },
  { status: 'finished', text: '已办结' },
]

export interface Next {
  what: string
  who: string
}

type Standing = Pick<Task, 'status' | 'prepared_by' | 'draw' | 'visits' | 'can' | 'mode' | 'batches'>

/** The source whose value is asked for now, if any. */
export function nextSource(task: Standing): string | null {
  const waiting = task.draw?.sources.find((source) => source.kind !== 'system' && !source.entered)
  return waiting?.name ?? null
}

/** How many visits and parts are done, for the line under the drawn list. */
export function progress(task: Pick<Task, 'visits'>): { visits: number; accepted: number; submitted: number; approved: number; published: number; parts: number } {
  const parts = task.visits.flatMap((visit) => visit.parts)
  const among = (...statuses: string[]) => parts.filter((part) => statuses.includes(part.status)).length
  return {
    visits: task.visits.length,
    accepted: task.visits.filter((visit) => visit.status !== 'assigned').length,
    parts: parts.length,
    submitted: among('submitted', 'approved', 'published'),
    approved: among('approved', 'published'),
    published: among('published'),
  }
}

/** What is to be done next, and by whom. */
export function nextOf(task: Standing): Next {
  if (task.status === 'draft') return { what: '核对候选名录和人员，确认无误后提交冻结。', who: '协调员（第一人）' }
  if (task.status === 'prepared') {
    const first = task.prepared_by ? `${task.prepared_by}已提交，` : ''
    return { what: `${first}须由另一人核对并冻结；冻结后名单不能再改。`, who: '另一位协调员（第二人）' }
  }
  if (task.status === 'frozen') {
    const source = nextSource(task)
    const beacon = task.draw?.beacon
    if (source && beacon?.source === source && !beacon.by_hand)
      return { what: `“${source}”第 ${beacon.round} 轮于 ${moment(beacon.at)} 公布后由系统自动获取，无须录入。`, who: '系统' }
    if (source) return { what: `录入种子来源“${source}”的值；每个值只能录入一次。`, who: '协调员或现场监督员' }
    return { what: '种子已齐，可以抽取；抽取后立即锁定并派发。', who: '协调员' }
  }
  if (task.status === 'drawn' && task.mode === 'order') {
    const next = task.batches.find((batch) => !batch.task_id)
    if (next) return { what: `次序已抽定。建立第 ${next.number} 批的任务，${next.starts_on} 起检查。`, who: '协调员' }
    return { what: '各批次都已建立任务，进展见各批次。', who: '各批次的检查人员' }
  }
  if (task.status === 'drawn') {
    const open = task.visits.filter((visit) => visit.short.some((gap) => gap.missing && !gap.entrusted_to)).length
    if (task.mode === 'targets' && open) return { what: `选派检查人员：${open} 户还有部门没有选派。`, who: '各部门审批人或协调员' }
    const { parts, submitted, approved, published } = progress(task)
    if (submitted < parts) return { what: `检查进行中：${submitted} / ${parts} 份结果已提交。`, who: '各组检查人员' }
    if (approved < parts) return { what: `等待部门审批：${approved} / ${parts} 份已审批。`, who: '各部门审批人' }
    return { what: `可以公示：${published} / ${parts} 份已公示。`, who: '协调员或部门审批人' }
  }
  return { what: '全部结果已公示，任务办结。', who: '—' }
}
