/** Corrections of what is public, and exceptions before it is. */
import { get, post } from '@/shared/api'

export interface Correction {
  id: string
  number: string
  target_name: string
  department: string
  status: string
  status_text: string
  ground_text: string
  reason: string
  changes: { field: string; before: string | string[] | null; after: string | string[] }[]
  evidence: string[]
  asked_by: string
  asked_at: string
  decided_by: string
  decided_at: string | null
  note: string
  version: number | null
  can_sign: boolean
}

export interface Coded {
  code: string
  text: string
}

export interface CorrectionBoard {
  rows: Correction[]
  grounds: Coded[]
  results: Coded[]
  measures: Coded[]
  signed_by: string[]
}

export interface PublicBody {
  number: string
  target_name: string
  target_code: string
  task_name: string
  department: string
  items: string[]
  results?: string[]
  /** Codes of each item, in their order; not there where all are the department's own. */
  item_results?: string[][]
  measures?: string[]
  result_text: string
  measure_text: string
  inspected_on: string | null
}

export interface Wish {
  number: string
  ground: string
  reason: string
  changes: Record<string, string | string[] | string[][]>
  evidence: string[]
}

export interface Hold {
  whole: boolean
  basis: string
  fields: string[]
  words: string[]
  reason: string
}

export interface Preview {
  body: PublicBody
  found: string[]
  hold: Hold | null
  bases: (Coded & { source: string; whole: boolean })[]
  fields: Coded[]
}

export const fetchCorrections = () => get<CorrectionBoard>('/api/console/corrections')
export const fetchCorrectable = (number: string) =>
  get<{ number: string; version: number; body: PublicBody }>(`/api/console/corrections/of/${encodeURIComponent(number)}`)
export const askCorrection = (wish: Wish) => post<{ id: string }>('/api/console/corrections', wish)
export const signCorrection = (id: string, signature: string) =>
  post<{ version: number }>(`/api/console/corrections/${id}/sign`, { signature })
export const declineCorrection = (id: string, note: string) => post<unknown>(`/api/console/corrections/${id}/decline`, { note })
export const evidenceUrl = (id: string, digest: string) => `/api/console/corrections/${id}/evidence/${digest}`
export const fetchPreview = (part: string) => get<Preview>(`/api/console/parts/${part}/publication`)
export const holdBack = (part: string, hold: Hold) => post<Preview>(`/api/console/parts/${part}/hold`, hold)
export const letGo = (part: string) => post<Preview>(`/api/console/parts/${part}/let-go`)
