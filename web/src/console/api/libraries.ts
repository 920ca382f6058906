/** Sub-libraries, their confirmation, and who answers for which target (B6-B10, B15). */
import { get, post } from '@/shared/api'

export interface Rule { trades: string[]; keywords: string[]; regions: string[]; classes: string[]; labels: string[] }
export interface Library {
  id: string; name: string; department: string; item: string; shared: boolean; rule: Rule; status: 'draft' | 'confirmed'; status_text: string
  members: number; made_at: string; made_by: string; produced_at: string; confirmed_at: string | null; confirmed_by: string; mine: boolean
}
export interface Member { code: string; name: string; trade: string; region_code: string; status: string; credit_class: string; labels: string[]; by_hand: boolean }
export interface Members { id: string; name: string; members: number; status: string; drift: { coming: number; going: number } | null; rows: Member[]; next_after: string | null }
export interface Confirmation {
  department: string; department_id: string; kind: 'targets' | 'inspectors'; kind_text: string; confirmed_at: string | null; confirmed_by: string
  rows: number | null; changed: number | null; current: boolean; can_confirm: boolean; rows_now?: number; changes_now?: number
  changes?: { name: string; what: string }[]
}
export interface Duties { counts: Record<'nobody' | 'one' | 'two' | 'unjudged', number>; run_at: string | null; rules: DutyRule[] }
export interface DutyRule { id: string; principle_text: string; department: string; department_id: string; trades: string[]; keywords: string[]; licence: string; region: string; basis: string }
export interface Owned { code: string; name: string; region: string; claims: { department_id: string; department: string; why: string; basis: string }[] }

const one = (id: string) => `/api/console/libraries/one/${id}`
const duties = '/api/console/libraries/duties'
export const fetchLibraries = () => get<{ rows: Library[] }>('/api/console/libraries')
export const createLibrary = (body: { name: string; rule: Rule; shared: boolean }) => post<{ id: string; members: number }>('/api/console/libraries', body)
export const fetchMembers = (id: string, after: string) => get<Members>(one(id), { after })
export const produceLibrary = (id: string) => post<unknown>(`${one(id)}/produce`)
export const mendLibrary = (id: string, code: string, keep: boolean) => post<unknown>(`${one(id)}/mend`, { code, keep })
export const confirmLibrary = (id: string, members: number) => post<unknown>(`${one(id)}/confirm`, { members })
export const fetchConfirmations = (task_id: string) => get<{ required: boolean; open: boolean; rows: Confirmation[] }>('/api/console/libraries/confirmations', { task_id })
export const confirmFor = (task_id: string, kind: string) => post<{ rows: number; changed: number | null }>('/api/console/libraries/confirmations', { task_id, kind })
export const fetchDuties = () => get<Duties>(duties)
export const runDuties = () => post<unknown>(`${duties}/run`)
export const fetchOwned = (which: 'nobody' | 'two', after: string) => get<{ rows: Owned[]; next_after: string | null }>(`${duties}/${which}`, { after })
export const settleDuty = (code: string, department_id: string, reason: string) => post<unknown>(`${duties}/settle`, { code, department_id, reason })
