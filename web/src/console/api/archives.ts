/** Filed visits and tasks. */
import { get, post } from '@/shared/api'

export interface Archive {
  id: string
  number: string
  made_at: string
  files: number
  size: number
  retention_text: string
  keep_until: string | null
  digest: string
  key_id: string
}

/** A task's archive that was asked for: how far it is. */
export interface Order {
  status: 'waiting' | 'running' | 'done' | 'failed'
  done: number
  total: number
  trouble: string
}

export interface Shelf {
  rows: { visit_id: string; visit_number: string; target_name: string; task_name: string; archives: Archive[] }[]
  tasks: { task_id: string; number: string; name: string; archives: Archive[]; order: Order | null }[]
  keys: { id: string; public: string; made_at: string; retired_at: string | null }[]
}

export const fetchShelf = () => get<Shelf>('/api/console/archives')
export const fileVisit = (visit: string) => post<{ number: string; files: number }>(`/api/console/visits/${visit}/archive`)
export const fileTask = (task: string) => post<Order>(`/api/console/tasks/${task}/archive`)
export const newKey = () => post<unknown>('/api/console/archives/new-key')
export const zipUrl = (id: string) => `/api/console/archives/${id}/zip`
