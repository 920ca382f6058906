/** Parts that wait for their department's approver. */
import { get, post } from '@/shared/api'

export interface Approval {
  part_id: string
  visit_number: string
  target_name: string
  target_code: string
  task_name: string
  submitted_at: string
  result_text: string
  /** Where the items of a part came to different things. */
  item_results: { item: string; result_text: string }[]
  /** Added on the spot from the list in force, and why; and what was met on no list. */
  added_items: { item: string; reason: string }[]
  off_list: { matter: string; content: string }[]
  result_detail?: string
  measure_text?: string
  note?: string
  summary: string
  answers: { item: string; question: string; value_text: string; comment: string | null }[]
  photos: { thumb_url: string; display_url: string }[]
  owner: { kind: 'signed' | 'refused'; name?: string; reason?: string } | null
  due_on: string | null
  level: number
  levels: number
  post: string
  /** Why the reader is not the one who decides at this level; empty: he is. */
  why_not: string
}

export const fetchApprovals = () => get<{ rows: Approval[] }>('/api/console/approvals')
export const approvePart = (id: string) => post<unknown>(`/api/console/parts/${id}/approve`)
export const returnPart = (id: string, reason: string) => post<unknown>(`/api/console/parts/${id}/return`, { reason })
