/**
 * The conclusion of a part as answers, so that two phones weigh it as they weigh a form (together.ts). Pure.
 * The same names as in `services/field/conclusions.py`.
 *
 *   results, measures, words, each item's result ─> weighed: what differs is shown, and one is chosen
 *   photos and recordings of the visit           ─> joined: what a colleague took stands beside what was taken here
 *   signatures                                   ─> shown: taken over by hand, or not
 */
import { perItem } from './check'
import { answerKey } from './form'
import type { Answer, Draft, Visit } from './types'

export const CONCLUSION = 'conclusion'
const WORDS: Record<string, string> = { results: '检查结果', measures: '处置措施', detail: '具体情况', note: '备注' }
export const JOINED = ['photos', 'recordings'] as const
export type Joined = (typeof JOINED)[number]

export const conclusionKey = (name: string): string => answerKey(CONCLUSION, name)
export const joinedKey = (key: string): Joined | undefined => JOINED.find((name) => key === conclusionKey(name))
export const signatureKey = (staffNo: string): string => conclusionKey(`sign:${staffNo}`)
export const isSignature = (key: string): boolean => key.startsWith(conclusionKey('sign:'))

const said = (value: string, photos: string[] = []): Answer => ({ value, comment: '', photos })
const joined = (codes: string[]): string => [...codes].sort().join(',')
const apart = (value: string): string[] => (value ? value.split(',') : [])
const nameOf = (key: string): string => key.slice(CONCLUSION.length + 1)

/** What stands in the draft under a key, of a form's question or of the conclusion. */
export function read(draft: Draft, key: string): Answer | undefined {
  if (!key.startsWith(`${CONCLUSION}/`)) return draft.answers[key]
  const name = nameOf(key)
  if (name === 'photos') return said('', draft.photos)
  if (name === 'recordings') return said('', draft.recordings ?? [])
  if (name.startsWith('sign:')) return said(draft.signatures[name.slice(5)] ?? '', [draft.signatures[name.slice(5)] ?? ''].filter(Boolean))
  if (name.startsWith('item:')) return said(joined(draft.itemResults?.[name.slice(5)] ?? []))
  return said({ results: joined(draft.results), measures: joined(draft.measures), detail: draft.resultDetail, note: draft.note }[name] ?? '')
}

/** Let something stand in the draft under a key. */
export function write(draft: Draft, key: string, answer: Answer): void {
  const name = nameOf(key)
  if (!key.startsWith(`${CONCLUSION}/`)) draft.answers[key] = answer
  else if (name === 'results') draft.results = apart(answer.value)
  else if (name === 'measures') draft.measures = apart(answer.value)
  else if (name === 'detail') draft.resultDetail = answer.value
  else if (name === 'note') draft.note = answer.value
  else if (name.startsWith('item:')) draft.itemResults = { ...draft.itemResults, [name.slice(5)]: apart(answer.value) }
}

/** The names under which this draft's conclusion is sent. */
export function conclusionNames(visit: Visit, draft: Draft): string[] {
  const items = perItem(visit, draft) ? visit.items.map((item) => `item:${item.task_item_id}`) : []
  return [...Object.keys(WORDS), ...items, ...JOINED, ...Object.keys(draft.signatures).map((staffNo) => `sign:${staffNo}`)]
}

/** What a name of the conclusion is called, where two differ. */
export const nameText = (visit: Visit, name: string): string =>
  WORDS[name] ?? visit.items.find((item) => name === `item:${item.task_item_id}`)?.name ?? ''

/** A version's value in words. */
export function valueText(visit: Visit, name: string, value: string): string {
  if (name === 'detail' || name === 'note') return value
  const texts = new Map([...visit.result_codes, ...visit.measures].map((one) => [one.code, one.text]))
  return apart(value).map((code) => texts.get(code) ?? code).join('；')
}
