/** Files in, reports out. */
import { call, get, Problem, Unreachable } from '@/shared/api'

export type ImportKind = 'targets' | 'credit' | 'inspectors' | 'items' | 'plan'

/** Some of the rows that a file adds, changes or no longer has; never all of them. */
export interface Examples {
  added: { code: string; name: string }[]
  changed: { code: string; name: string; fields: { field: string; before: string; after: string }[] }[]
  vanished: { code: string; name: string }[]
}

export interface Reject {
  row: number
  field: string
  value: string
  reason: string
}

export interface ImportReport {
  id: string | null
  kind: ImportKind
  file_name: string
  read: number
  added: number
  changed: number
  unchanged: number
  vanished?: number
  /** Rows in the file of rejects; it is kept for 30 days, and not at all after a dry run. */
  rejects_file?: number
  departments_added?: string[]
  examples?: Examples
  /** The first of them; the server keeps only so many. */
  rejected: Reject[]
  rejected_count?: number
  unknown_columns: string[]
  /** The list that targets belong to; empty for the other kinds. */
  source?: string
  /** What the reading decided: which sheet, which of two like columns, how many are not used. */
  notes?: string[]
  seconds: number
}

export type ImportLine = Omit<ImportReport, 'id' | 'rejected' | 'rejected_count'> & { id: string; at: string; rejected_count: number }

export const KINDS: { value: ImportKind; text: string; hint: string }[] = [
  { value: 'targets', text: '检查对象', hint: '登记名录：统一社会信用代码、名称、地址等列' },
  { value: 'credit', text: '信用风险分类', hint: '统一社会信用代码与信用风险等级（A-D），整批更新' },
  { value: 'inspectors', text: '执法人员', hint: '姓名、部门、执法证号、专长等列' },
  { value: 'items', text: '抽查事项清单', hint: '部门联合抽查事项清单' },
  { value: 'plan', text: '年度计划', hint: '年度抽查计划表' },
]

export const kindText = (kind: string) => KINDS.find((row) => row.value === kind)?.text ?? (kind === 'archive' ? '档案' : kind)

/** A province's register takes a while to read. */
const LONG_MS = 600_000

/** `source`: which list targets belong to; what stood in it and no longer does is told as vanished. */
export function sendImport(kind: ImportKind, file: File, dryRun: boolean, source: string): Promise<ImportReport> {
  return call<ImportReport>('POST', `/api/console/imports/${kind}`, {
    raw: file,
    query: { filename: file.name, dry_run: dryRun ? 1 : 0, source },
    timeoutMs: LONG_MS,
  })
}

export const fetchImports = () => get<{ reports: ImportLine[] }>('/api/console/imports')
export const fetchImport = (id: string) => get<ImportReport>(`/api/console/imports/${id}`)

/** How far an import is, in bytes of a text file or rows of a workbook. */
export interface Running {
  kind: ImportKind | 'archive'
  /** Of an archive. */
  step?: 'sending' | 'checking' | 'storing'
  file_name: string
  done: number
  of: number
  rows: number
}

export const fetchRunning = () => get<{ rows: Running[] }>('/api/console/imports/running')
export const rejectsUrl = (id: string) => `/api/console/imports/${id}/rejects`
export const templateUrl = (kind: ImportKind) => `/api/console/templates/${kind}`
export const exportUrl = (kind: ImportKind, format: 'csv' | 'xlsx') => `/api/console/exports/${kind}?format=${format}`

/** Members with their certificates, as a file: by POST, because the backend records who takes them out. */
export async function fetchInspectorsFile(format: 'csv' | 'xlsx'): Promise<Blob> {
  const answer = await fetch('/api/console/exports/inspectors', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ format }), credentials: 'same-origin',
  }).catch(() => {
    throw new Unreachable('network')
  })
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})))
  return answer.blob()
}

/** Whole percent done; nothing known yet is 0, and a file that is read but not answered for is never 100. */
export const percentOf = (one: Running): number => (one.of > 0 ? Math.min(99, Math.floor((one.done / one.of) * 100)) : 0)
