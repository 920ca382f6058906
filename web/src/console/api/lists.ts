/** Item lists: versions with dates of effect, filing, claims (A1-A15). */
import { call, get, post, Problem, Unreachable } from '@/shared/api'
import { copyOf } from '../copy'

export interface Guide { basis: string; content: string; steps: string; approval: string; publication: string; filing: string; drawing: string }

export type AnswerKind = 'yesno' | 'choice' | 'number' | 'text' | 'date' | 'table'
export interface Question {
  id: string; text: string; kind: AnswerKind; required: boolean; key: boolean; options?: string[]; unit?: string; min?: number; max?: number
  basis?: string; photo_when?: string; comment_when?: string; section?: string; points?: number
  columns?: { id: string; text: string }[]; shown_if?: { question: string; is: string; values: string[] }[]
}
export interface Form { version: string; title: string; source?: string; grades?: [string, number][]; questions: Question[] }
export interface FormLine { code: string; title: string; source: string; questions: number }
export interface Leniency { id: string; conduct: string; basis: string; conditions: string; valid_from: string; ended_on: string | null; department: string; mine: boolean }

export interface ItemDraft {
  name: string; domain: string; sub_item: string; code: string; basis: string; subject: string; content: string
  method: string; ratio: string; frequency: string; ratio_source: string; publication: string
  item_class: '' | '重点' | '一般'; level: string; skill: string; batches: boolean; note: string
  guide: Guide; department_id: string; partner_ids: string[]; form: Form | Record<string, never>
}

export interface ListRow extends ItemDraft {
  item_id: string; version_id: string; number: number; status: 'draft' | 'published'; removed: boolean
  valid_from: string | null; department: string; partners: string[]; claimed_from: string | null
  guide_gaps: string[]; changed?: string[]
}

export interface ItemList {
  id: string; name: string; kind: 'department' | 'joint' | 'upper'; kind_text: string; department: string; department_id: string
  level: string; duties: number; coverage: number | null; items: number; key_items: number; drafts: number; unfiled: number
  /** Who reviews a list before it is published (S7); empty: nobody. */
  review_by: string
  warnings: string[]; can: { edit: boolean; publish: boolean; file: boolean; hand_in: boolean }
}

export interface Change {
  id: string; number: number; reason: string; imported: boolean; valid_from: string; published_at: string; published_by: string
  filed_on: string | null; filing_number: string; filed_by: string | null; filed: boolean
  filing_due: string | null; filing_overdue: boolean; reviewed_by: string; reviewed_on: string | null; review_number: string
}

export interface Opinion { on: string; number: string }

/** The office's control of classes (A7): shares as decimals, times a year; 0 times: no cap. */
export interface Caps { general_ratio: string; general_frequency: number; key_share: string; key_refused: boolean }
export interface ListDetail extends ItemList { on: string; caps: Caps; rows: ListRow[]; draft_rows: ListRow[]; changes: Change[] }

export interface Comparison {
  state: string; state_text: string; name: string; department: string; concerns: boolean; item_id: string | null; upper_version_id: string | null
  differences: { field: string; title: string; own: string; upper: string }[]
}

/** The columns that a draft sends: the server refuses any other. */
const COLUMNS = [
  'name', 'domain', 'sub_item', 'code', 'basis', 'subject', 'content', 'method', 'ratio', 'frequency', 'ratio_source',
  'publication', 'item_class', 'level', 'skill', 'batches', 'note', 'guide', 'department_id', 'partner_ids', 'form',
] as const

const NO_GUIDE: Guide = { basis: '', content: '', steps: '', approval: '', publication: '', filing: '', drawing: '' }
const BLANK: ItemDraft = {
  name: '', domain: '', sub_item: '', code: '', basis: '', subject: '', content: '', method: '', ratio: '', frequency: '',
  ratio_source: '', publication: '', item_class: '', level: '', skill: '', batches: false, note: '', guide: NO_GUIDE,
  department_id: '', partner_ids: [], form: {},
}

/** A row as a draft that may be changed without changing the row; null: a new item. */
export function draftOf(row: ListRow | null): ItemDraft {
  const whole = row ? Object.fromEntries(COLUMNS.map((key) => [key, row[key]])) : {}
  return copyOf({ ...BLANK, ...whole, guide: { ...NO_GUIDE, ...row?.guide } }) as ItemDraft
}

const of = (id: string) => `/api/console/lists/${id}`
export const fetchLists = () => get<{ rows: ItemList[] }>('/api/console/lists')
export const fetchList = (id: string, on: string) => get<ListDetail>(of(id), { on })
export const createList = (body: { name: string; kind: string; level: string; duties: number }) => post<{ id: string }>('/api/console/lists', body)
export const addItem = (id: string, item: ItemDraft) => post<unknown>(`${of(id)}/items`, { items: [item] })
export const changeItem = (id: string, item: string, draft: ItemDraft) => post<unknown>(`${of(id)}/items/${item}/draft`, draft)
export const withdrawItem = (id: string, item: string) => post<unknown>(`${of(id)}/items/${item}/withdraw`)
export const discardDraft = (version: string) => post<unknown>(`/api/console/list-drafts/${version}/discard`)
export const publishList = (id: string, valid_from: string, reason: string, review: Opinion | null) =>
  post<{ number: number; versions: number; warnings: string[] }>(`${of(id)}/publish`, { valid_from, reason, review })
export const fileChange = (id: string, filed_on: string, number: string) => post<unknown>(`/api/console/list-changes/${id}/file`, { filed_on, number })
export async function fetchPackage(change: string): Promise<Blob> {
  const answer = await fetch(`/api/console/list-changes/${change}/package`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}', credentials: 'same-origin',
  }).catch(() => {
    throw new Unreachable('network')
  })
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})))
  return answer.blob()
}
export const claim = (id: string, version_ids: string[]) => post<{ drafts: unknown[] }>(`${of(id)}/claims`, { version_ids })
export const compare = (id: string, upper: string) => get<{ rows: Comparison[] }>(`${of(id)}/comparison/${upper}`)
export const fetchVersions = (item: string) => get<{ rows: ListRow[] }>(`/api/console/list-items/${item}/versions`)
export const standardForm = (name: string, content: string, basis: string) => post<{ form: Form }>('/api/console/standard-form', { name, content, basis })
export const fetchForms = () => get<{ rows: FormLine[] }>('/api/console/forms')
export const fetchForm = (code: string) => get<{ form: Form }>(`/api/console/forms/${encodeURIComponent(code)}`)
export const readFormTable = (file: File, title: string) =>
  call<{ form: Form }>('POST', '/api/console/forms/read', { raw: file, query: { filename: file.name, title } })
/** The form as a workbook, base64. */
export const formTable = (form: Form) => post<{ workbook: string }>('/api/console/forms/table', { form })
export const fetchLeniencies = () => get<{ rows: Leniency[] }>('/api/console/leniencies')
export const addLeniency = (body: { conduct: string; basis: string; conditions: string; valid_from: string }) => post<unknown>('/api/console/leniencies', body)
export const endLeniency = (id: string, ended_on: string) => post<unknown>(`/api/console/leniencies/${id}/end`, { ended_on })
