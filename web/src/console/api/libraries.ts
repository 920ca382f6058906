/** Sub-libraries, their confirmation, and who answers for which target (B6-B10, B15). */
import { shallowRef } from 'vue'
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
export const createLibrary = (body: { name: string; department_id: string; item_id: string | null; rule: Rule; shared: boolean }) => post<{ id: string; members: number }>('/api/console/libraries', body)
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

export interface Licence { id: string; name: string; number: string; issuer: string; issued_on: string | null; expires_on: string | null; code: string; target: string; long_term: boolean; expired: boolean }
export interface Region { code: string; parent: string; level: number; kind_text: string; name: string; own_name: string; targets: number }
export const changeRule = (id: string, rule: Rule) => post<{ id: string; members: number }>(`${one(id)}/rule`, { rule })
export const addDutyRule = (body: Record<string, unknown>) => post<unknown>(`${duties}/rules`, body)
export const dropDutyRule = (id: string) => post<unknown>(`${duties}/rules/${id}/drop`)
export const fetchLicences = (code: string, until: string, after: string) => get<{ rows: Licence[]; next_after: string | null }>('/api/console/libraries/licences', { code, until: code ? '' : until, after })
export const addLicence = (body: { code: string; name: string; number: string; issuer: string; issued_on: string | null; expires_on: string | null }) => post<unknown>('/api/console/libraries/licences', body)
export const nameRegion = (code: string, name: string) => post<unknown>('/api/console/libraries/regions', { code, name })

/** The region tree, read once a page's life for pickers. */
export const regions = shallowRef<Region[]>([])
export async function loadRegions(): Promise<void> {
  regions.value = (await get<{ rows: Region[] }>('/api/console/libraries/regions')).rows
}
