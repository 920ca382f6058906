/**
 * What still stands between a draft and its submission, in the order of the pages. Pure.
 * The backend checks again; this is here so that the inspector learns it on site and not in the evening.
 */
import { answerKey, filledRows, shownQuestions } from './form'
import { conclusionKey, conclusionNames, nameText } from './conclusion'
import { differing } from './together'
import type { Answer, Column, Draft, Item, Question, TableRow, Visit } from './types'

export type Place = 'form' | 'result' | 'sign'

/** One thing to do. `anchor` is the id of the element to scroll to. */
export interface Gap {
  place: Place
  anchor: string
  text: string
}

/** Whether the question demands a photo for this answer. "na" needs none. */
export const photoNeeded = (question: Question, value: string): boolean =>
  value !== '' && value !== 'na' && (question.photo_when === 'always' || question.photo_when === value)

export const commentNeeded = (question: Question, value: string): boolean => value !== '' && question.comment_when === value

/** What is missing or wrong in a table's line, or ''. */
export function rowFault(columns: Column[], row: TableRow): string {
  for (const column of columns) {
    const cell = row[column.id] ?? ''
    if (column.required && cell === '') return `缺“${column.text}”`
    if (column.kind === 'number' && cell !== '' && !Number.isFinite(Number(cell))) return `“${column.text}”请填数字`
  }
  return ''
}

function tableFaults(question: Question, answer: Answer | undefined, excused: boolean): string[] {
  const rows = filledRows(answer)
  if (question.required && !excused && !rows.length) return ['未填']
  return rows.map((row, index) => [rowFault(question.columns ?? [], row), index] as const).filter(([fault]) => fault).map(([fault, index]) => `第 ${index + 1} 行${fault}`)
}

export const questionAnchor = (item: Item, question: Question): string => `q-${item.task_item_id}-${question.id}`

/** Why a number is not acceptable, or ''. */
export function numberFault(question: Question, value: string): string {
  if (value === '') return ''
  const number = Number(value)
  if (!Number.isFinite(number)) return '请填数字'
  if (question.min !== undefined && number < question.min) return `不能小于 ${question.min}`
  if (question.max !== undefined && number > question.max) return `不能大于 ${question.max}`
  return ''
}

/** The reasons one answer is not complete yet; `excused` when a direct result stands without the checklist. */
export function answerFaults(question: Question, answer: Answer | undefined, excused = false): string[] {
  const { value = '', comment = '', photos = [] } = answer ?? {}
  const faults: string[] = []
  if (question.kind === 'table') faults.push(...tableFaults(question, answer, excused))
  else if (question.required && !excused && value.trim() === '') faults.push('未答')
  if (question.kind === 'number' && numberFault(question, value)) faults.push(numberFault(question, value))
  if (commentNeeded(question, value) && !comment.trim()) faults.push('缺说明')
  if (photoNeeded(question, value) && photos.length === 0) faults.push('缺照片')
  return faults
}

/** How many of the questions that an item shows now have an answer, and how many there are. */
export function answered(item: Item, draft: Draft): { done: number; all: number } {
  const questions = shownQuestions(item, draft)
  const answers = questions.map((question) => draft.answers[answerKey(item.task_item_id, question.id)])
  return { done: answers.filter((one) => one?.value || filledRows(one).length).length, all: questions.length }
}

/** Everything missing, empty when the draft can be sent. */
export function gaps(visit: Visit, draft: Draft): Gap[] {
  return [...formGaps(visit, draft), ...resultGaps(visit, draft), ...signatureGaps(visit, draft)]
}

function formGaps(visit: Visit, draft: Draft): Gap[] {
  const excused = isDirect(visit, draft)
  return visit.items.flatMap((item) =>
    shownQuestions(item, draft).flatMap((question, index) => {
      const key = answerKey(item.task_item_id, question.id)
      const unlike = differing(draft, key).length ? ['同组人员填写的不同，请选定'] : []
      return [...unlike, ...answerFaults(question, draft.answers[key], excused)].map((fault): Gap => ({
        place: 'form', anchor: questionAnchor(item, question), text: `${item.name} 第 ${index + 1} 题：${fault}`,
      }))
    }),
  )
}

const chosenResults = (visit: Visit, draft: Draft) => visit.result_codes.filter((code) => draft.results.includes(code.code))

/** A result that stands without the checklist is chosen. */
export const isDirect = (visit: Visit, draft: Draft): boolean => chosenResults(visit, draft).some((code) => code.direct)

/** A chosen result or measure must be described in words. */
export const detailNeeded = (visit: Visit, draft: Draft): boolean =>
  [...chosenResults(visit, draft), ...visit.measures.filter((measure) => draft.measures.includes(measure.code))].some((one) => one.needs_detail)

const hasPhotos = (draft: Draft): boolean => draft.photos.length > 0 || Object.values(draft.answers).some((answer) => answer.photos.length > 0)

/** Codes that stand alone: 未发现问题 among the results, 无需后续处置 among the measures. */
const ALONE = new Set(['none', 'nothing'])

/** The list after a press on one code: it comes or goes, and what stands alone pushes out the others. */
export function pressed(list: string[], code: string): string[] {
  if (list.includes(code)) return list.filter((other) => other !== code)
  return ALONE.has(code) ? [code] : [...list.filter((other) => !ALONE.has(other)), code]
}

/** Whether each item needs a result of its own: something was found, and there is more than one item it may be about. */
export const perItem = (visit: Visit, draft: Draft): boolean =>
  visit.items.length > 1 && draft.results.some((code) => !ALONE.has(code)) && !isDirect(visit, draft)

/** What an item may come to: what the department found, or nothing. */
export const itemChoices = (visit: Visit, draft: Draft) => visit.result_codes.filter((code) => code.code === 'none' || draft.results.includes(code.code))

/** What is chosen for an item, of what may still be chosen. */
export const itemResults = (visit: Visit, draft: Draft, item: Item): string[] => {
  const allowed = new Set(itemChoices(visit, draft).map((code) => code.code))
  return (draft.itemResults?.[item.task_item_id] ?? []).filter((code) => allowed.has(code))
}

function itemGaps(visit: Visit, draft: Draft, add: (anchor: string, text: string) => void): void {
  if (!perItem(visit, draft)) return
  const said = visit.items.map((item) => [item, itemResults(visit, draft, item)] as const)
  for (const [item, codes] of said) if (!codes.length) add('item-results', `${item.name}：还没有选择这一事项的结果`)
  const found = new Set(said.flatMap(([, codes]) => codes))
  for (const code of chosenResults(visit, draft)) {
    if (!ALONE.has(code.code) && said.every(([, codes]) => codes.length) && !found.has(code.code)) add('item-results', `“${code.text}”是哪个事项的结果，还没有选择`)
  }
}

function resultGaps(visit: Visit, draft: Draft): Gap[] {
  const found: Gap[] = []
  const add = (anchor: string, text: string) => found.push({ place: 'result', anchor, text })
  for (const name of conclusionNames(visit, draft)) if (differing(draft, conclusionKey(name)).length) add(`differing-${name}`, `${nameText(visit, name)}：同组人员填写的不同，请选定`)
  if (!draft.results.length) add('results', '还没有选择检查结果')
  const chosen = chosenResults(visit, draft)
  itemGaps(visit, draft, add)
  if (detailNeeded(visit, draft) && !draft.resultDetail.trim() && !draft.note.trim()) add('result-detail', '所选结果或措施需要写明具体情况')
  if (chosen.some((code) => code.needs_evidence) && !hasPhotos(draft)) add('photos', '这个结果须先固定证据：请拍现场照片')
  if (chosen.some((code) => code.problem) && !draft.measures.length) add('measures', '发现问题时请选择后续处置措施')
  return found
}

/** The owner signs with the part of the leader's department, on the phone of whichever of its people (G7). */
export const ownerSigns = (visit: Visit): boolean => visit.owner_signs ?? visit.leads

function signatureGaps(visit: Visit, draft: Draft): Gap[] {
  const found: Gap[] = []
  const add = (anchor: string, text: string) => found.push({ place: 'sign', anchor, text })
  const refused = ownerSigns(visit) && draft.owner.mode === 'refused'
  if (ownerSigns(visit) && !refused && !draft.owner.name.trim()) add('owner', '请填写当事人姓名')
  if (ownerSigns(visit) && !refused && !draft.owner.digest) add('owner', '当事人还没有签字')
  if (refused && !draft.owner.reason.trim()) add('owner', '请写明当事人拒签或无法签字的原因')
  const need = refused ? 2 : 1
  const have = Object.keys(draft.signatures).length
  if (have < need) add('inspectors', refused ? `当事人未签字时须两名执法人员签字（还差 ${need - have} 人）` : '执法人员还没有签字')
  return found
}
