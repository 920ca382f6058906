/** Tables as CSV for Excel: UTF-8 with a mark, CRLF, and cells that Excel could take for a formula made harmless. */
import type { Reject } from './api/imports'

/** Characters at which a spreadsheet begins to calculate (OWASP "CSV injection"); full-width ones count in Chinese Excel. */
const STARTS_FORMULA = /^[\s\u0000]*[=+\-@＝＋－＠\t\r\n]/

/** One cell: guarded by a leading apostrophe where needed, always quoted, quotes doubled. */
export function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = STARTS_FORMULA.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}

/** A whole table with its heading. */
export function csv(heading: string[], rows: unknown[][]): string {
  return '\uFEFF' + [heading, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** The rejected rows of an import. */
export function rejectsCsv(rejects: Reject[]): string {
  return csv(
    ['行号', '列', '原值', '原因'],
    rejects.map((row) => [row.row, row.field, row.value, row.reason]),
  )
}

/** Hand text, or a file, to the browser as a download. */
export function download(name: string, content: string | Blob): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
