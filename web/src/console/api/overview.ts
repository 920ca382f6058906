/** Numbers, deadlines, messages, latest acts. */
import { get } from '@/shared/api'

export interface Deadline {
  kind: string
  text: string
  subject_text: string
  department: string
  due_on: string
  overdue: boolean
}

export interface Act {
  at: string
  who: string
  department: string
  act: string
  act_text: string
  subject: string
  subject_text?: string
  detail?: unknown
}

export interface Overview {
  counts: Record<
    'targets' | 'inspectors' | 'items' | 'plan_entries' | 'tasks' | 'visits' | 'published' | 'overdue',
    number
  >
  deadlines: Deadline[]
  messages: Record<string, number>
  recent: Act[]
}

export const fetchOverview = () => get<Overview>('/api/console/overview')
export const fetchAudit = () => get<{ rows: Act[] }>('/api/console/audit', { limit: 500 })
