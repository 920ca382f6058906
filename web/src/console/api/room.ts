/** The room: what is projected while a draw is made. */
import { call, get } from '@/shared/api'
import type { Source } from './tasks'

export interface OutcomeRow {
  position: number
  name: string
  code: string
  score: string
  batch: string
  leader: string
  teams: { department: string; names: string[]; short: number }[]
}

export interface Wall {
  office: string
  task: { id: string; name: string; number: string; department: string; announced: boolean; teams: { department: string; size: number }[] }
  draw: {
    number: string
    status: string
    fingerprint: string
    frozen_at: string
    drawn_at: string | null
    counts: Partial<Record<'targets' | 'excluded' | 'inspectors' | 'to_draw' | 'drawn' | 'groups' | 'batches', number>>
    kind_text: string
    will_text: string
    done_text: string
    groupless: string
  }
  sources: Source[]
  outcome: { seed: string; rows: OutcomeRow[] } | null
  public_path: string
  public_url: string
  qr: string
  can_draw: boolean
}

export const fetchWall = (task: string) => get<Wall>(`/api/console/tasks/${task}/room`)
export const drawNow = (task: string) => call<unknown>('POST', `/api/console/tasks/${task}/draw`, { json: {}, timeoutMs: 300_000 })
export const fetchObserverCodes = (task: string) =>
  get<{ rows: { source: string; code: string; used_at: string | null }[] }>(`/api/console/tasks/${task}/observers`)
