/** Differentiation, and the one ledger of visits over all departments (N1-N4, R1-R4, C12). */
import { get, post } from '@/shared/api'

export interface Grade { factor: string; tickets: number; visits: number | null }
export interface Raise { key: string; name: string; mark: 'label' | 'region' | 'trade'; words: string[]; factor: string; tickets: number; extra_visits: number }
export interface Table { classes: Record<'A' | 'B' | 'C' | 'D', Grade>; unclassified: Grade; raises: Raise[]; floor: string; together: number | null }
export interface Policy { id: string; name: string; item_id: string | null; item: string; region: string; in_force: boolean; made_at: string; made_by: string; ended_at: string | null; body: Table }
export interface Policies { rows: Policy[]; standard: Table; yearly_visit_limit: number; exemptions: { key: string; text: string }[] }
export interface Explanation { code: string; name: string; stratum: string; tickets: number; factor: string; ratio: string; why: string[]; limit: number | null; visits: number; together: number; left_out: string }
export interface Often { year: number; limit: number; total: number; page: number; page_size: number; rows: { code: string; name: string; own: number; together: number }[] }
export interface Visits { code: string; name: string; year: number; limit: number; counted: number; rows: { on: string; number: string; what: string; by: string; level_text: string; exempt_text: string; counts: boolean }[] }
export interface Warned { year: number; limit: number; rows: { code: string; name: string; done: number; planned: number; tasks: { kind: 'task' | 'plan'; id: string; name: string; starts_on: string; departments: string[] }[] }[] }

export const fetchPolicies = () => get<Policies>('/api/console/policies')
export const makePolicy = (name: string, region: string, body: Table) => post<unknown>('/api/console/policies', { name, region, body })
export const endPolicy = (id: string) => post<unknown>(`/api/console/policies/one/${id}/end`)
export const explain = (code: string, ratio: string) => get<Explanation>('/api/console/policies/explain', { code, ratio })
export const fetchOften = (page: number) => get<Often>('/api/console/policies/ledger', { times: 1, page })
export const fetchVisitsOf = (code: string) => get<Visits>('/api/console/policies/ledger', { code })
export const fetchWarnings = () => get<Warned>('/api/console/policies/warnings')
