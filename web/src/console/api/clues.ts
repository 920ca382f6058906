/** Clues from outside the draw: complaints, assignments, monitoring signals. */
import { call, get, post } from '@/shared/api'

export interface Clue {
  id: string
  number: string
  source_text: string
  source_no: string
  received_on: string
  target_name: string
  target_code: string
  department: string
  matter: string
  content: string
  status: string
  status_text: string
  reason_text: string
  visit_number: string | null
  own: boolean
}

export interface Pattern {
  matter: string
  kind: string
  kind_text: string
  key: string
  named: number
  named_of_all: number
  share: number
  chance: number
}

export interface CluePage {
  rows: Clue[]
  patterns: Pattern[]
  sources: Record<string, string>
  dismissals: Record<string, string>
}

export interface Choices {
  people: { staff_no: string; name: string; on_leave: boolean }[]
  items: { id: string; name: string }[]
}

export interface TableReport {
  read: number
  added: number
  known: number
  rejected: { row: number; why: string }[]
}

export interface NewClue {
  source: string
  source_no: string
  received_on: string
  target_code: string
  department: string
  matter: string
  content: string
}

export interface CheckOrder {
  staff_nos: string[]
  item_ids: string[]
  ends_on: string
  announced: boolean
}

export const fetchClues = () => get<CluePage>('/api/console/clues')
export const fetchChoices = () => get<Choices>('/api/console/clues/choices')
export const enterClue = (clue: NewClue) => post<{ number: string; new: boolean }>('/api/console/clues', clue)
export const sendTable = (file: File) => call<TableReport>('POST', '/api/console/clues/table', { raw: file, query: { filename: file.name } })
export const checkClue = (id: string, order: CheckOrder) => post<{ visit_number: string; task_id: string }>(`/api/console/clues/${id}/check`, order)
export const dismissClue = (id: string, reason: string) => post<{ status: string }>(`/api/console/clues/${id}/dismiss`, { reason })
export const planPattern = (one: Pattern) => post<{ plan_id: string; number: string }>('/api/console/clues/plan', { matter: one.matter, kind: one.kind, key: one.key })
