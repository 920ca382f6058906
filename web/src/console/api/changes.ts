/** What changes after a freeze: voids, replacements of people and targets, and recusals before it. */
import { get, post } from '@/shared/api'

export interface Reason {
  code: string
  text: string
}

export interface PersonChange {
  id: string
  visit_number: string
  department: string
  leaving: string
  entering: string
  reason_text: string
  evidence: string
  way: string
  status: string
  status_text: string
  asked_at: string
  decide: boolean
}

export interface TargetChange {
  id: string
  visit_number: string
  leaving: string
  entering: string
  reason_text: string
  evidence: string
  status: string
  status_text: string
  proposed_at: string
  decide: boolean
}

/** An enterprise asks that somebody stay away (回避申请). */
export interface RecusalRequest {
  id: string
  visit_number: string
  target_name: string
  department: string
  name: string
  ground_text: string
  words: string
  /** Files that prove it: named to the one who decides alone. */
  evidence: string[]
  answer: string
  asked_at: string
  due_on: string | null
  status: string
  status_text: string
  decide: boolean
}

/** A place of another department that this one is entrusted with (委托执法). */
export interface EntrustedPlace {
  visit: string
  visit_number: string
  target_name: string
  department: string
  code: string
  missing: number
  entrusted_from: string
  entrusted_to: string
  document: string
  decide: boolean
}

export interface Changes {
  requests: RecusalRequest[]
  entrusted: EntrustedPlace[]
  people: PersonChange[]
  targets: TargetChange[]
  reasons: Reason[]
  target_reasons: Reason[]
  way: 'next-in-order' | 'chosen'
}

export interface Recusal {
  id: string
  target_name: string
  target_code: string
  staff_no: string
  name: string
  department: string
  ground_text: string
  basis: string
  declared_at: string
}

export interface Choices {
  next: { staff_no: string; name: string } | null
  rows: { staff_no: string; name: string }[]
}

export const fetchChanges = () => get<Changes>('/api/console/changes')
export const fetchChoices = (id: string) => get<Choices>(`/api/console/replacements/${id}/choices`)
export const approveChange = (id: string, staff_no = '') => post<unknown>(`/api/console/replacements/${id}/approve`, { staff_no })
export const declineChange = (id: string) => post<unknown>(`/api/console/replacements/${id}/decline`)
export const fetchRecusalChoices = (id: string) => get<Choices>(`/api/console/recusal-requests/${id}/choices`)
export const grantRecusal = (id: string, answer: string, staff_no: string) =>
  post<unknown>(`/api/console/recusal-requests/${id}/approve`, { answer, staff_no })
export const refuseRecusal = (id: string, answer: string) => post<unknown>(`/api/console/recusal-requests/${id}/decline`, { answer })
export const askReplacement = (visit: string, staff_no: string, reason: string, evidence: string) =>
  post<unknown>(`/api/console/visits/${visit}/replacement`, { staff_no, reason, evidence })
export const fillPlace = (visit: string, department: string, evidence: string) => post<unknown>(`/api/console/visits/${visit}/fill`, { department, evidence })
export const entrustPlace = (visit: string, body: { department: string; authority: string; to: string; document: string }) =>
  post<unknown>(`/api/console/visits/${visit}/entrust`, body)
export const fetchEntrustedChoices = (visit: string, department: string) =>
  get<{ rows: { staff_no: string; name: string; skilled: boolean }[] }>(`/api/console/visits/${visit}/entrusted/${encodeURIComponent(department)}`)
export const nameEntrusted = (visit: string, department: string, staff_numbers: string[]) =>
  post<unknown>(`/api/console/visits/${visit}/entrusted`, { department, staff_numbers })
export const fetchExperts = (visit: string) => get<{ rows: { staff_no: string; name: string; department: string }[] }>(`/api/console/visits/${visit}/experts`)
export const addExpert = (visit: string, staff_no: string) => post<unknown>(`/api/console/visits/${visit}/experts`, { staff_no })
export const proposeSwap = (visit: string, reason: string, evidence: string) => post<unknown>(`/api/console/visits/${visit}/swap`, { reason, evidence })
export const approveSwap = (id: string) => post<unknown>(`/api/console/swaps/${id}/approve`)
export const declineSwap = (id: string) => post<unknown>(`/api/console/swaps/${id}/decline`)
export const fetchRecusals = () => get<{ rows: Recusal[]; grounds: Reason[] }>('/api/console/recusals')
export const declareRecusal = (body: { target_code: string; staff_no: string; ground: string; basis: string }) => post<unknown>('/api/console/recusals', body)
export const endRecusal = (id: string) => post<unknown>(`/api/console/recusals/${id}/end`)
export const fetchVoidReasons = () => get<{ reasons: Reason[] }>('/api/console/void-reasons')
export const proposeVoid = (number: string, reason: string, detail: string) => post<unknown>(`/api/console/draws/${number}/void`, { reason, detail })
export const approveVoid = (id: string) => post<unknown>(`/api/console/voids/${id}/approve`)
export const declineVoid = (id: string) => post<unknown>(`/api/console/voids/${id}/decline`)
