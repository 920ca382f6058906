/**
 * Forms on the phone: which questions appear, what a table holds, what the answers are worth. Pure.
 * The same rules as `inspection/checklists`; both are held to `tests/unit/form_cases.json`.
 */
import type { Answer, Condition, Draft, Item, TableRow } from './types'

export const answerKey = (taskItemId: string, questionId: string): string => `${taskItemId}/${questionId}`

/** Whether a condition holds for the earlier question's answer; never for a blank. */
export function holds(condition: Condition, value: string): boolean {
  if (value === '') return false
  if (condition.is === 'in' || condition.is === 'not') return condition.values.includes(value) === (condition.is === 'in')
  const [number, limit] = [value.trim() === '' ? NaN : Number(value), Number(condition.values[0])]
  return condition.is === 'least' ? number >= limit : number <= limit
}

/** The questions that appear with these answers; one that does not appear counts as blank for the others. */
export function shown<Q extends { id: string; shown_if?: Condition[] }>(questions: Q[], value: (id: string) => string): Q[] {
  const seen = new Set<string>()
  return questions.filter((question) => {
    const here = (question.shown_if ?? []).every((one) => holds(one, seen.has(one.question) ? value(one.question) : ''))
    if (here) seen.add(question.id)
    return here
  })
}

const valueIn = (item: Item, draft: Draft) => (id: string) => draft.answers[answerKey(item.task_item_id, id)]?.value ?? ''

/** The questions of an item that its inspector sees now. */
export const shownQuestions = (item: Item, draft: Draft) => shown(item.form.questions, valueIn(item, draft))

/** The lines of a table that hold something, trimmed. */
export function filledRows(answer: Answer | undefined): TableRow[] {
  return (answer?.rows ?? [])
    .map((row) => Object.fromEntries(Object.entries(row).map(([id, cell]) => [id, cell.trim()]).filter(([, cell]) => cell !== '')))
    .filter((row) => Object.keys(row).length > 0)
}

export interface Score { got: number; possible: number; percent: number; grade: string }

/** Points of a scored form; null where it has none or nothing that counts was answered. */
export function scoreOf(item: Item, draft: Draft): Score | null {
  const value = valueIn(item, draft)
  const counted = shownQuestions(item, draft).filter((one) => one.points !== undefined && ['yes', 'no'].includes(value(one.id)))
  const sum = (questions: typeof counted) => questions.reduce((points, one) => points + (one.points ?? 0), 0)
  const possible = sum(counted)
  if (!possible) return null
  const got = sum(counted.filter((one) => value(one.id) === 'yes'))
  const percent = Math.round((got * 1000) / possible + 1e-9) / 10
  return { got, possible, percent, grade: (item.form.grades ?? []).find(([, least]) => percent >= least)?.[0] ?? '' }
}
