/** The outbox as people see it. */
import { get } from '@/shared/api'

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

interface MessagePage {
  counts: Record<string, number>
  rows: MessageLine[]
}

export const fetchMessages = (status: string) => get<MessagePage>('/api/console/messages', { status })
