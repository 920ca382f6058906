/** A task from its plan entry to the last publication. */
import { call, get, post } from '@/shared/api'

export type TaskStatus = 'draft' | 'prepared' | 'frozen' | 'drawn' | 'finished'

export type Mode = 'double' | 'targets' | 'inspectors' | 'order'

/** A listed item that a task may be made of: whose it is, who takes part, and whether the plan itself names it. */
export interface ListedItem { id: string; name: string; department: string; partners: string[]; leads: boolean; named: boolean }

/** What a new task of a plan entry may be made of. */
export interface Choices {
  kinds: { mode: Mode; text: string }[]
  departments: { code: string; name: string }[]
  items: ListedItem[]
}

/** A batch of a drawn order. */
export interface Batch {
  number: number
  starts_on: string
  ends_on: string
  count: number
  task_id: string | null
  status_text: string
}

export interface NewTask {
  plan_entry_id: string
  name?: string
  keywords: string[]
  region: string
  library_id: string
  mode?: Mode
  ratio: string | null
  count: number | null
  classes?: Record<string, number>
  each_region?: number
  batch_size?: number
  batch_days?: string[]
  merge?: { item_id: string; ratio: string; keywords: string[]; region: string }[]
  lower?: Record<string, string>
  team_size: number
  announced: boolean
  item_ids: string[] | null
  starts_on?: string
  ends_on?: string
}

export interface TaskLine {
  id: string
  number: string
  name: string
  status: TaskStatus
  status_text: string
  department: string
  starts_on: string
  ends_on: string
  draw_number: string | null
  visits: number
  published: number
}

export interface Preview {
  in_scope: number
  candidates: number
  excluded: Record<string, number>
  to_draw: number
  short_risk: string[]
  conflicts: Record<string, number>
  relaxed: number
  short_targets: { code: string; name: string; department: string; fitting: number; size: number; why: string; mend: string }[]
  short_count: number
}

export interface Source {
  name: string
  kind: 'system' | 'dice' | 'public'
  kind_text: string
  note: string
  commitment: string | null
  entered: boolean
  value: string | null
}

export interface Draw {
  number: string
  status: string
  fingerprint: string
  frozen_at: string
  drawn_at: string | null
  counts: Partial<Record<'targets' | 'excluded' | 'inspectors' | 'to_draw' | 'drawn' | 'groups' | 'short', number>>
  sources: Source[]
  bundle_url: string | null
  parts: string[]
  stamp: Stamp | null
  beacon: Beacon | null
}

/** The announced round of a public source that is fetched by itself. */
export interface Beacon {
  source: string
  round: number
  at: string
  url: string
  status: string
  by_hand: boolean
  said: boolean
  trouble: string
}

/** The timestamp of the announcement, where an authority is asked for one. */
export interface Stamp {
  stamped: boolean
  at: string | null
  authority: string
  attempts: number
  trouble: string
}

export interface Part {
  id: string
  department: string
  status: string
  status_text: string
  result_text: string | null
}

export interface VisitLine {
  id: string
  number: string
  position: number
  target_name: string
  target_code: string
  status: string
  status_text: string
  leader: string
  members: { name: string; department: string; leads?: boolean; no?: string }[]
  parts: Part[]
  short: { department: string; code: string; missing: number; entrusted_from: string; entrusted_to: string; document: string }[]
  experts: string[]
}

export interface Task {
  id: string
  number: string
  name: string
  status: TaskStatus
  status_text: string
  department: string
  starts_on: string
  ends_on: string
  announced: boolean
  mode: Mode
  kind_text: string
  batches: Batch[]
  parent_id: string | null
  scope_text: string
  quota_text: string
  team_size: number
  teams: { department: string; size: number; skills: string[]; fitting: number | null; region: string }[]
  items: { name: string; department: string; questions: number }[]
  preview: Preview | null
  prepared_by: string | null
  draw: Draw | null
  void: { id: string; reason_text: string; detail: string; proposed_by: string; proposed_at: string; decide: boolean } | null
  voided: { number: string; fingerprint: string; reason_text: string; voided_at: string }[]
  changes: { places: number; replaced: number; filled: number; targets: number; rate: number } | null
  visits: VisitLine[]
  beacon: { name: string; after_minutes: number } | null
  /** Its papers were destroyed by rule: by which register, and when. */
  destroyed: { number: string; on: string } | null
  can: { prepare: boolean; freeze: boolean; enter: string[]; draw: boolean; publish: boolean }
}

export interface NewSource {
  name: string
  kind: 'dice' | 'public'
  note: string
}

/** Freezing and drawing a large pool takes longer than a page does. */
const LONG_MS = 300_000
const at = (id: string) => `/api/console/tasks/${id}`

export const createTask = (body: NewTask) => post<{ id: string; number: string }>('/api/console/tasks', body)
export const fetchChoices = (entry: string) => get<Choices>(`/api/console/task-choices?plan_entry=${entry}`)
export const openBatch = (id: string, number: number) => post<{ id: string; number: string }>(`/api/console/tasks/${id}/batches/${number}`)
export const fetchAppointees = (visit: string, department: string) =>
  get<{ rows: { staff_no: string; name: string; load: number }[] }>(`/api/console/visits/${visit}/appointees?department=${department}`)
export const appoint = (visit: string, department: string, staff_numbers: string[]) =>
  post<unknown>(`/api/console/visits/${visit}/appoint`, { department, staff_numbers })
export const handOutProof = (draw: string, target: string) => post<{ code: string }>(`/api/console/draws/${draw}/proof-code`, { target_code: target })
export const fetchProofs = (draw: string) => get<{ rows: { code: string; name: string; proof: string; made_at: string }[] }>(`/api/console/draws/${draw}/proof-codes`)
export const makeProofs = (draw: string, target_codes: string[]) => post<{ count: number }>(`/api/console/draws/${draw}/proof-codes`, { target_codes })
export const fetchTasks = () => get<{ rows: TaskLine[] }>('/api/console/tasks')
export const fetchTask = (id: string) => get<Task>(at(id))
export const prepareTask = (id: string) => post<unknown>(`${at(id)}/prepare`)
export const freezeTask = (id: string, sources: NewSource[], accept_short = false, beacon_after: number | null = null) =>
  call<unknown>('POST', `${at(id)}/freeze`, { json: { sources, accept_short, beacon_after }, timeoutMs: LONG_MS })
export const enterSeed = (id: string, source: string, value: string) =>
  post<{ entered: string | null }>(`${at(id)}/seed`, { source, value })
export const drawTask = (id: string) =>
  call<Partial<Record<'drawn' | 'groups' | 'messages' | 'short', number>>>('POST', `${at(id)}/draw`, { timeoutMs: LONG_MS })
/** A step of a freeze or draw under way. */
export interface WorkStep {
  text: string
  state: 'done' | 'now' | 'waiting'
  share: number
}
export const fetchProgress = (id: string) => get<{ steps: WorkStep[] }>(`${at(id)}/progress`)
/** How one department's people were loaded, and the most even spread that any matching could have made. */
export interface LoadRow {
  department: string
  people: number
  places: number
  short: number
  least: number
  most: number
  best_least: number
  best_most: number
  is_best: boolean
  loads: [load: number, people: number][]
}
export const fetchLoads = (draw: string) => get<{ rows: LoadRow[] }>(`/api/console/draws/${draw}/loads`)
export const publishTask = (id: string) => post<{ published: number | unknown[] }>(`${at(id)}/publish`)
