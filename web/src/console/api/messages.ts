/** The outbox as people see it. */
import { get, post } from '@/shared/api'

export interface MessageLine {
  id: string
  created_at: string
  kind: string
  kind_text: string
  recipient: string
  channel: string
  status: string
  status_text: string
  attempts: number
  last_error: string | null
  title: string
}

/** A vendor that takes nothing until a person has changed something. */
export interface Stop {
  vendor: string
  why: string
  until: string
}

interface MessagePage {
  counts: Record<string, number>
  rows: MessageLine[]
  stops: Stop[]
}

export const fetchMessages = (status: string) => get<MessagePage>('/api/console/messages', { status })
export const resumeMessages = () => post<{ ended: number }>('/api/console/messages/resume')
