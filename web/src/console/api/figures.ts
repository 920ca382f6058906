/** The figures of a period. */
import { get } from '@/shared/api'

export interface DepartmentFigures {
  department: string
  due: number
  open: number
  public: number
  in_time: number
  overdue: number
  finished: number
  rate: number | null
  finished_rate: number | null
}

export interface Rated {
  key: string
  seen: number
  hits: number
  share: number
  low: number
  high: number
  before: number | null
  hot: boolean
  risen: boolean
  fallen: boolean
}

export interface Figures {
  first: string
  last: string
  departments: DepartmentFigures[]
  joint: { joint: number; visits: number; share: number | null }
  coverage: { inspected: number; listed: number }
  groups: Record<string, Rated[]>
  group_words: Record<string, string>
  estimate: { share: number; low: number; high: number; population: number; seen: number } | null
}

export const fetchFigures = (first: string, last: string) => get<Figures>('/api/console/figures', { first, last })
export const figuresUrl = (table: string, first: string, last: string) => `/api/console/figures/${table}.xlsx?first=${first}&last=${last}`
export const bulletinUrl = (first: string, last: string) => `/api/console/figures/bulletin.pdf?first=${first}&last=${last}`
