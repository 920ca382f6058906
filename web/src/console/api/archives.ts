/** Filed visits and tasks. */
import { call, fetchFile, get, post } from '@/shared/api'

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

/** By which register papers were destroyed, and when. */
export type Destroyed = { number: string; on: string } | null

export interface Shelf {
  rows: { visit_id: string; visit_number: string; target_name: string; task_name: string; archives: Archive[]; destroyed: Destroyed }[]
  tasks: { task_id: string; number: string; name: string; archives: Archive[]; order: Order | null; destroyed: Destroyed }[]
  keys: { id: string; public: string; made_at: string; retired_at: string | null }[]
}

export const fetchShelf = () => get<Shelf>('/api/console/archives')
export const fileVisit = (visit: string) => post<{ number: string; files: number }>(`/api/console/visits/${visit}/archive`)
export const fileTask = (task: string) => post<Order>(`/api/console/tasks/${task}/archive`)
export const newKey = () => post<unknown>('/api/console/archives/new-key')
export const zipUrl = (id: string) => `/api/console/archives/${id}/zip`

/** An archive from elsewhere, imported to be read. */
export interface Imported {
  id: string
  number: string
  kind: 'visit' | 'task'
  key_id: string
  key_named: boolean
  made_at: string
  imported_at: string
  retention_text: string
  keep_until: string | null
  destroyed: Destroyed
}

export interface ImportedVisit {
  visit: { number: string; target: string; code: string; ended_at: string; summary: string; group: string[][] }
  results: { department: string; result_text: string; measure_text: string; detail: string; approved_at: string }[]
  followups: { kind: string; department: string; outcome: string; due_on: string }[]
}

export interface ImportedContents extends Omit<Imported, 'destroyed'> {
  task: { name: string; number: string; office: string; starts_on: string; ends_on: string } | null
  draws: { number: string; drawn_at: string; fingerprint: string; void: string }[]
  visits: ImportedVisit[]
  files: { position: number; path: string; size: number }[]
}

/** A large archive is checked file by file, and its draws are computed again. */
const LONG_MS = 600_000

/** Take in an archive from elsewhere; `key`: the number of the key that must have sealed it, or nothing. */
export const sendArchive = (file: File, key: string) =>
  call<{ number: string; new: boolean }>('POST', '/api/console/imported-archives', { raw: file, query: { filename: file.name, key }, timeoutMs: LONG_MS })

export const fetchImported = () => get<{ rows: Imported[] }>('/api/console/imported-archives')
export const fetchImportedOne = (id: string) => get<ImportedContents>(`/api/console/imported-archives/${id}`)
export const importedFileUrl = (id: string, position: number) => `/api/console/imported-archives/${id}/files/${position}`

/** What an inspector was drawn for and did, sealed; `me`: one's own. */
export const fetchDutyProof = (staffNo: string, scope: { task: string; starts_on: string | null; ends_on: string | null }) =>
  fetchFile(`/api/console/inspectors/${encodeURIComponent(staffNo)}/duty-proof`, scope)
