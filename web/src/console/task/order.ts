/**
 * A task as a coordinator fills it in, and the order that is sent. Pure.
 *
 *   Form -> wrongIn: what is missing, in a sentence -> orderOf: the fields that this way of drawing has, and no others
 */
import type { PlanEntry } from '../api/registers'
import type { ListedItem, Mode, NewTask } from '../api/tasks'

/** The ways of drawing as people choose them; merging and dispatching down are double draws. */
export type Way = 'double' | 'merge' | 'lower' | 'targets' | 'inspectors' | 'order'

export const HINTS: Record<Way, string> = {
  double: '先抽检查对象，再从各部门抽检查人员',
  merge: '同一对象涉及多个事项时只抽一次、只查一次，比例取其中最高的；有事项的部门各派人员',
  lower: '名单由本级抽取；各部门只查自己区域内的，用同一种子匹配自己的人员',
  targets: '对象随机；抽取后由各部门选派检查人员',
  inspectors: '全部对象都检查，只抽由谁检查、按什么次序',
  order: '全部对象都检查，抽定谁在哪一批；每批开始时再抽检查人员',
}

export interface MergeRow {
  item_id: string
  percent: number
  keywords: string[]
}

export interface LowerRow {
  code: string
  region: string
}

export interface Form {
  name: string
  item_ids: string[]
  keywords: string[]
  region: string
  library_id: string
  way: Way
  merge: MergeRow[]
  lower: LowerRow[]
  classes: Record<string, number>
  each_region: number
  batch_by: 'size' | 'days'
  batch_size: number
  batch_days: string[]
  by: 'ratio' | 'count' | 'classes'
  percent: number
  count: number
  team_size: number
  announced: boolean
  window: [string, string] | null
}

export const newForm = (entry: PlanEntry): Form => ({
  name: entry.name,
  item_ids: [],
  keywords: [],
  region: '',
  library_id: '',
  way: 'double',
  merge: [{ item_id: '', percent: 5, keywords: [] }, { item_id: '', percent: 5, keywords: [] }],
  lower: [{ code: '', region: '' }, { code: '', region: '' }],
  classes: { A: 0, B: 0, C: 0, D: 0, unclassified: 0 },
  each_region: 0,
  batch_by: 'size',
  batch_size: 20,
  batch_days: [],
  by: 'ratio',
  percent: 5,
  count: 20,
  team_size: 2,
  announced: true,
  window: [entry.starts_on, entry.ends_on],
})

export const modeOf = (way: Way): Mode => (way === 'merge' || way === 'lower' ? 'double' : way)
/** Whether the form asks how many: elsewhere everybody is checked, or each merged item has a ratio of its own. */
export const asksAmount = (way: Way) => way === 'double' || way === 'lower' || way === 'targets'
export const share = (percent: number) => (percent / 100).toFixed(6).replace(/0+$/, '').replace(/\.$/, '')

/** What has to be filled in still, or nothing. */
export function wrongIn(form: Form): string {
  if (!form.name.trim()) return '请填写任务名称。'
  if (form.way === 'merge') {
    const items = form.merge.map((one) => one.item_id)
    if (items.filter(Boolean).length < 2) return '至少选择两个事项。'
    if (items.some((one) => !one) || new Set(items).size < items.length) return '每行选择一个不同的事项，多余的行请删除。'
  }
  if (form.way === 'lower') {
    const codes = form.lower.map((one) => one.code)
    if (form.lower.some((one) => !one.code || !one.region)) return '每行选择一个部门和它负责的区域，多余的行请删除。'
    if (new Set(codes).size < codes.length) return '同一个部门只能负责一个区域。'
  }
  if (form.way === 'order' && form.batch_by === 'days' && !form.batch_days.length) return '请选择各批的开始日期。'
  if (asksAmount(form.way) && form.by === 'classes' && !Object.values(form.classes).some(Boolean)) return '至少有一类要抽取。'
  return ''
}

/** The departments that no chosen item gives anything to inspect: nobody guesses it for them. */
export function unnamedIn(form: Form, entry: PlanEntry, items: ListedItem[]): string[] {
  if (form.way === 'merge') return []
  const chosen = items.filter((item) => form.item_ids.includes(item.id))
  const asked = form.way === 'lower' ? [entry.department] : [entry.department, ...entry.partners]
  return asked.filter((name) => !chosen.some((item) => item.department === name || item.partners.includes(name)))
}

/** The order of a form that has nothing wrong in it. */
export function orderOf(form: Form, entry: PlanEntry): NewTask {
  const [starts_on, ends_on] = form.window ?? []
  const asks = asksAmount(form.way)
  const { way } = form
  return {
    plan_entry_id: entry.id,
    name: form.name.trim(),
    keywords: way === 'merge' ? [] : form.keywords,
    region: form.region.trim(),
    library_id: form.library_id,
    mode: modeOf(way),
    ratio: asks && form.by === 'ratio' ? share(form.percent) : null,
    count: asks && form.by === 'count' ? form.count : null,
    ...(asks && form.by === 'classes' ? { classes: { ...form.classes } } : {}),
    ...(asks && form.each_region ? { each_region: form.each_region } : {}),
    ...(way === 'order' && form.batch_by === 'size' ? { batch_size: form.batch_size } : {}),
    ...(way === 'order' && form.batch_by === 'days' ? { batch_days: [...form.batch_days].sort() } : {}),
    ...(way === 'merge' ? { merge: form.merge.map((one) => ({ item_id: one.item_id, ratio: share(one.percent), keywords: one.keywords, region: form.region.trim() })) } : {}),
    ...(way === 'lower' ? { lower: Object.fromEntries(form.lower.map((one) => [one.code, one.region.trim()])) } : {}),
    team_size: form.team_size,
    announced: form.announced,
    item_ids: way === 'merge' ? null : form.item_ids,
    ...(starts_on && ends_on ? { starts_on, ends_on } : {}),
  }
}
