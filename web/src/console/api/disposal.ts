/** Destruction of filed papers by rule: what is due, what is held, the registers. */
import { get, post } from '@/shared/api'

export type Kind = 'task' | 'visit' | 'imported'

/** A task filed whole, a visit filed by itself, or an archive imported from elsewhere. */
export interface Filed {
  subject: string
  kind: Kind
  number: string
  title: string
  visits: number
  archives: number
  size: number
  retention_text: string
  filed_at: string
}

export interface DueFile extends Filed {
  keep_until: string
  /** Why it may not be destroyed today; empty: it may. */
  bar: string
}

export interface Hold extends Filed {
  id: string
  ground: string
  reason: string
  by: string
  at: string
}

export interface Register {
  id: string
  number: string
  status: 'proposed' | 'approved' | 'done' | 'declined'
  status_text: string
  ground: string
  appraisal: string
  rule: string
  proposed_by: string
  proposed_at: string
  decided_by: string
  decided_at: string | null
  decided_note: string
  done_at: string | null
  trouble: string
  own: boolean
  lines: number
  removed: number
  kept: number
  open: number
}

export interface RegisterContents extends Register {
  items: {
    position: number
    kind: Kind
    number: string
    title: string
    retention_text: string
    keep_until: string
    archives: { number: string; digest: string; size: number; files: number; made_at: string }[]
  }[]
}

export interface DisposalPage {
  due: DueFile[]
  holds: Hold[]
  registers: Register[]
  grounds: Record<string, string>
  hold_grounds: Record<string, string>
  rule: string
}

const DOOR = '/api/console/disposal'
export const fetchDisposal = () => get<DisposalPage>(DOOR)
export const fetchRegister = (id: string) => get<RegisterContents>(`${DOOR}/${id}`)
export const propose = (body: { subjects: string[]; ground: string; appraisal: string }) => post<{ number: string }>(DOOR, body)
export const approve = (id: string, note: string) => post<unknown>(`${DOOR}/${id}/approve`, { note })
export const decline = (id: string, note: string) => post<unknown>(`${DOOR}/${id}/decline`, { note })
export const hold = (body: { subject: string; ground: string; reason: string }) => post<unknown>(`${DOOR}-holds`, body)
export const lift = (id: string, note: string) => post<unknown>(`${DOOR}-holds/${id}/lift`, { note })
export const tableUrl = (id: string, table: 'register' | 'files') => `${DOOR}/${id}/${table}.xlsx`
