/** 电话告知: whom to call because no message reached him, and what came of it. */
import { get, post } from '@/shared/api'

export interface CallLine {
  id: string
  created_at: string
  whom: string
  title: string
  document_no: string
  why: string
  maybe: boolean
  status: string
  caller: string
  called_by: string
  called_at: string | null
  outcome_text: string
  spoke_to: string
  note: string
  tries: number
}

interface CallPage {
  rows: CallLine[]
  outcomes: Record<string, string>
}

export const fetchCalls = () => get<CallPage>('/api/console/calls')
export const lookUpNumber = (id: string) => post<{ number: string }>(`/api/console/calls/${id}/number`, {})
export const noteCall = (id: string, note: { outcome: string; spoke_to: string; note: string }) =>
  post<{ status: string }>(`/api/console/calls/${id}/note`, note)
