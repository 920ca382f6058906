/** One-off filings that a notice asks for by a day (S5, S6). */
import { get, post } from '@/shared/api'

export interface Filing {
  id: string; title: string; basis: string; recipient: string; department: string; due_on: string; status: string; status_text: string
  overdue: boolean; done_on: string | null; document_no: string; note: string; can_do: boolean; can_drop: boolean
}
export interface UsualFiling { title: string; source: string; recipient: string; due_on: string }
export interface Filings { rows: Filing[]; usual: UsualFiling[]; departments: { id: string; name: string }[]; can_make: boolean }

const AT = '/api/console/filings'
export const fetchFilings = () => get<Filings>(AT)
export const makeFiling = (body: { title: string; basis: string; recipient: string; due_on: string; department_ids: string[] }) => post<{ made: number }>(AT, body)
export const doFiling = (id: string, body: { done_on: string; document_no: string; note: string }) => post<unknown>(`${AT}/${id}/done`, body)
export const dropFiling = (id: string, reason: string) => post<unknown>(`${AT}/${id}/drop`, { reason })
