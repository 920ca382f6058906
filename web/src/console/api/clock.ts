/** Deadlines, the office's own days, the weekly bulletin, the year ahead, calendar links. */
import { get, post } from '@/shared/api'

export interface BoardDepartment {
  department: string
  open: number
  overdue: number
  today: number
  soon: number
  paused: number
  done_today: number
}

export interface BoardRow {
  id: string
  text: string
  about: string
  number: string
  department: string
  due_on: string
  provisional: boolean
  overdue: boolean
  next_on: string | null
  paused: { reason_text: string; basis: string; note: string; began_on: string } | null
  can_pause: boolean
  can_resume: boolean
  can_nudge: boolean
  pause_reasons: string[]
}

export interface ClockHealth {
  term: number
  ticked_at: string | null
  digested_on: string | null
  behind: boolean
  stale: boolean
  digest_at: string
  quiet: string
  can_set_right: boolean
}

export interface Board {
  today: string
  departments: BoardDepartment[]
  rows: BoardRow[]
  clock: ClockHealth
  pause_reasons: { value: string; text: string }[]
}

export interface KindRow {
  kind: string
  text: string
  starts: string
  source: string
  days: number | null
  unit: string
  setting: string
  steps: number[]
  ladder: string[]
  pauses: string[]
}

export interface OwnDays {
  years: number[]
  own_years: number[]
  days: { day: string; working: boolean; reason: string }[]
  can_edit: boolean
}

export interface BulletinRow {
  rank: number | null
  department: string
  due: number
  in_time: number
  late: number
  open: number
  overdue: number
  rate: number | null
  done_rate: number | null
}

export interface Bulletin {
  first: string
  last: string
  running: boolean
  rows: BulletinRow[]
  whole: BulletinRow
}

export interface LoadWeek {
  monday: string
  visits: number
  working_days: number
  load: number
  breaks: boolean
}

export interface Forecast {
  year: number
  today: string
  visits_a_week: number
  entries: { name: string; starts_on: string; ends_on: string; visits: number | null; department: string; partners: string[] }[]
  unknown: string[]
  departments: { department: string; inspectors: number; weeks: LoadWeek[] }[]
}

export interface Links {
  own: string | null
  department: string | null
  may_share: boolean
}

/** The weeks of a task before its draw, department by department. */
export interface TaskLoad { visits_a_week: number; departments: Forecast['departments'] }

const AT = '/api/console/clock'
export const fetchBoard = () => get<Board>(`${AT}/board`)
export const fetchKinds = () => get<{ rows: KindRow[] }>(`${AT}/kinds`)
export const setRight = () => post<ClockHealth>(`${AT}/set-right`, {})
export const pauseDeadline = (id: string, reason: string, basis: string, note: string) => post<unknown>(`${AT}/deadlines/${id}/pause`, { reason, basis, note })
export const nudgeDeadline = (id: string) => post<{ told: number }>(`${AT}/deadlines/${id}/nudge`, {})
export const resumeDeadline = (id: string) => post<{ due_on: string }>(`${AT}/deadlines/${id}/resume`, {})
export const fetchDays = () => get<OwnDays>(`${AT}/calendar`)
export const setDay = (day: string, working: boolean | null, reason: string) => post<OwnDays>(`${AT}/calendar/days`, { day, working, reason })
export const setYear = (year: number, known: boolean) => post<OwnDays>(`${AT}/calendar/years`, { year, known })
export const fetchBulletin = (day: string) => get<Bulletin>(`${AT}/bulletin`, { day })
export const fetchForecast = (year: number) => get<Forecast>(`${AT}/forecast`, { year })
export const fetchTaskLoad = (id: string, visits: number) => get<TaskLoad>(`${AT}/tasks/${id}/load`, { visits })
export const fetchLinks = () => get<Links>('/api/clock/links')
export const makeLink = (department: boolean) => post<{ url: string }>('/api/clock/links', { department })
export const revokeLink = (department: boolean) => post<unknown>('/api/clock/links/revoke', { department })
