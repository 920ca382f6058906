/** Differentiation, and the one ledger of visits over all departments (N1-N4, R1-R4, C12). */
import { get, post } from '@/shared/api'

export interface Grade { factor: string; tickets: number; visits: number | null }
export interface Raise { key: string; name: string; mark: 'label' | 'region' | 'trade'; words: string[]; factor: string; tickets: number; extra_visits: number }
export interface Table { classes: Record<'A' | 'B' | 'C' | 'D', Grade>; unclassified: Grade; raises: Raise[]; floor: string; together: number | null }
export interface Policy { id: string; name: string; item_id: string | null; item: string; region: string; in_force: boolean; made_at: string; made_by: string; ended_at: string | null; body: Table }
export interface Policies { rows: Policy[]; standard: Table; yearly_visit_limit: number; exemptions: { key: string; text: string }[] }
export interface Explanation { code: string; name: string; stratum: string; tickets: number; factor: number; ratio: number; why: string[]; limit: number | null; visits: number; together: number; left_out: string }
export interface Often { year: number; limit: number; total: number; page: number; page_size: number; rows: { code: string; name: string; own: number; together: number }[] }
export interface Visits { code: string; name: string; year: number; limit: number; counted: number; rows: { on: string; number: string; what: string; by: string; level_text: string; exempt_text: string; counts: boolean }[] }
export interface Warned { year: number; limit: number; rows: { code: string; name: string; done: number; planned: number; tasks: { kind: 'task' | 'plan'; id: string; name: string; starts_on: string; departments: string[] }[] }[] }

export const fetchPolicies = () => get<Policies>('/api/console/policies')
export interface Exemption { task_id: string; number: string; name: string; reason_text: string; note: string; made_by: string; made_at: string }
export interface NewEntry { code: string; body: string; level: 'same' | 'upper' | 'lower'; checked_on: string; exempt: string; note: string }
export const makePolicy = (body: { name: string; item_id: string | null; region: string; body: Table }) => post<unknown>('/api/console/policies', body)
export const recordVisit = (body: NewEntry) => post<unknown>('/api/console/policies/ledger', body)
export const fetchExemptions = () => get<{ rows: Exemption[] }>('/api/console/policies/exemptions')
export const exemptTask = (task_id: string, reason: string, note: string) => post<unknown>('/api/console/policies/exemptions', { task_id, reason, note })
export const endPolicy = (id: string) => post<unknown>(`/api/console/policies/one/${id}/end`)
export const explain = (code: string, ratio: string, item_id: string) => get<Explanation>('/api/console/policies/explain', { code, ratio, item_id })
export const fetchOften = (year: number, times: number, page: number) => get<Often>('/api/console/policies/ledger', { year, times, page })
export const fetchVisitsOf = (year: number, code: string) => get<Visits>('/api/console/policies/ledger', { year, code })
export const fetchWarnings = (year: number) => get<Warned>('/api/console/policies/warnings', { year })

export interface CreditProposal { id: string; code: string; name: string; from_class: string; to_class: string; why: string; status: 'proposed' | 'accepted' | 'declined'; status_text: string; made_at: string; decided_at: string | null; decided_by: string; note: string; corrected_at: string | null }
export const fetchCredit = () => get<{ rows: CreditProposal[] }>('/api/console/policies/credit')
export const decideCredit = (id: string, accept: boolean, note: string) => post<unknown>(`/api/console/policies/credit/${id}/decide`, { accept, note })
