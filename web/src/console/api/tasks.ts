/** A task from its plan entry to the last publication. */
import { call, get, post } from '@/shared/api'

export type TaskStatus = 'draft' | 'prepared' | 'frozen' | 'drawn' | 'finished'

export interface NewTask {
  plan_entry_id: string
  name?: string
  keywords: string[]
  region: string
  library_id: string
  ratio: string | null
  count: number | null
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
  short: { department: string; code: string; missing: number; entrusted_to: string }[]
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
  scope_text: string
  quota_text: string
  team_size: number
  teams: { department: string; size: number; skills: string[]; fitting: number | null }[]
  items: { name: string; department: string; questions: number }[]
  preview: Preview | null
  prepared_by: string | null
  draw: Draw | null
  void: { id: string; reason_text: string; detail: string; proposed_by: string; proposed_at: string; decide: boolean } | null
  voided: { number: string; fingerprint: string; reason_text: string; voided_at: string }[]
  changes: { places: number; replaced: number; filled: number; targets: number; rate: number } | null
  visits: VisitLine[]
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
export const fetchTasks = () => get<{ rows: TaskLine[] }>('/api/console/tasks')
export const fetchTask = (id: string) => get<Task>(at(id))
export const prepareTask = (id: string) => post<unknown>(`${at(id)}/prepare`)
export const freezeTask = (id: string, sources: NewSource[], accept_short = false) =>
  call<unknown>('POST', `${at(id)}/freeze`, { json: { sources, accept_short }, timeoutMs: LONG_MS })
export const enterSeed = (id: string, source: string, value: string) =>
  post<unknown>(`${at(id)}/seed`, { source, value })
export const drawTask = (id: string) =>
  call<Partial<Record<'drawn' | 'groups' | 'messages' | 'short', number>>>('POST', `${at(id)}/draw`, { timeoutMs: LONG_MS })
export const publishTask = (id: string) => post<{ published: number | unknown[] }>(`${at(id)}/publish`)
