/** The provincial platform: what went there, comparisons, its lists. */
import { get, post } from '@/shared/api'
import type { ImportReport } from './imports'

export interface ProvinceRow {
  id: string
  key: string
  target_name: string
  status: string
  attempts: number
  created_at: string
  sent_at: string | null
  settled_at: string | null
  receipt: string
  error: string
  can_retry: boolean
}

export interface Comparison {
  at: string
  ours: number
  theirs: number
  missing: string[]
  differing: string[]
  late: string[]
  extra: string[]
  missing_count: number
  differing_count: number
  late_count: number
  extra_count: number
}

export interface ProvinceQueue {
  connected: boolean
  counts: Record<string, number>
  words: Record<string, string>
  rows: ProvinceRow[]
  check: Comparison | null
}

export const fetchQueue = (status: string) => get<ProvinceQueue>(`/api/console/province?status=${status}`)
export const sendAgain = (id: string) => post<{ status: string }>(`/api/console/province/records/${id}/retry`, {})
export const compareBoth = () => post<Comparison>('/api/console/province/compare', {})
export const takeList = (kind: string, dryRun: boolean) => post<ImportReport>('/api/console/province/lists', { kind, dry_run: dryRun })
export const tableUrl = (month: string) => `/api/console/province/table?month=${month}&format=xlsx`
