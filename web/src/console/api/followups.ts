/** What follows a result: opened, counted, answered, ended. */
import { get, post } from '@/shared/api'

export interface FollowUpKind {
  kind: string
  text: string
  source: string
  needs_department: boolean
  needs_body: boolean
  needs_handed: boolean
  grounds: { code: string; text: string }[]
  outcomes: { code: string; text: string; needs_document: boolean }[]
}

export interface FollowUp {
  id: string
  number: string
  kind: string
  kind_text: string
  status: string
  status_text: string
  target_name: string
  target_code: string
  visit_number: string
  department: string
  to: string
  responsible: string
  demand: string
  handed: string[]
  ground_text: string
  due_on: string
  overdue: boolean
  opened_at: string
  outcome_text: string
  document_no: string
  conclusion: string
  closed_at: string | null
  can: { recheck: boolean; extend: boolean; close: boolean }
}

export interface FollowUpDetail extends FollowUp {
  steps: { at: string; what: string; who: string; department: string; note: string; detail: Record<string, string> }[]
  photos: string[]
}

export interface Proposal {
  part_id: string
  visit_number: string
  target_name: string
  department: string
  result_text: string
  measure_text: string
  detail: string
  kinds: string[]
  mine: boolean
}

export interface Board {
  rows: FollowUp[]
  proposals: Proposal[]
  kinds: FollowUpKind[]
  departments: { id: string; name: string }[]
  members: { userid: string; name: string }[]
}

export interface NewFollowUp {
  part_id: string
  kind: string
  demand: string
  responsible: string
  due_on: string | null
  department_id: string
  body: string
  handed: string[]
  ground: string
}

export const fetchFollowUps = (closed: boolean) => get<Board>(`/api/console/followups${closed ? '?closed=1' : ''}`)
export const fetchFollowUp = (id: string) => get<FollowUpDetail>(`/api/console/followups/${id}`)
export const openFollowUp = (body: NewFollowUp) => post<{ number: string }>('/api/console/followups', body)
export const recheckFollowUp = (id: string, body: { passed: boolean; note: string; due_on: string | null }) =>
  post<unknown>(`/api/console/followups/${id}/recheck`, body)
export const extendFollowUp = (id: string, body: { due_on: string; reason: string }) =>
  post<unknown>(`/api/console/followups/${id}/extend`, body)
export const closeFollowUp = (id: string, body: { outcome: string; note: string; document_no: string }) =>
  post<unknown>(`/api/console/followups/${id}/close`, body)
export const photoUrl = (id: string, digest: string, size: 'thumb' | 'display') =>
  `/api/console/followups/${id}/photos/${digest}/${size}`
