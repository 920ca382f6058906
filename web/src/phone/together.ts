/**
 * Two inspectors of one department at one form, each on his own phone, often without network. Pure.
 *
 *   draft ─> entriesOf: what was typed since the last time, each over the versions it was typed over
 *   answer of the backend ─> meet: what a colleague typed where nothing was typed here comes in; what differs stays
 *   as it is on both phones until somebody chooses (`choose`), and the choice is typed over all that stood
 */
import { CONCLUSION, type Joined, conclusionKey, conclusionNames, isSignature, joinedKey, read, signatureKey, write } from './conclusion'
import { answerKey, filledRows, shownQuestions } from './form'
import { emptyAnswer } from './manifest'
import type { Answer, Draft, Question, TableRow, Together, Version, Visit } from './types'

export interface Entry {
  task_item_id: string
  question_id: string
  value: string | TableRow[]
  comment: string
  photos: string[]
  over: string[]
  typed_at: string
}

/** What the backend says after it has kept the entries. */
export interface Shared {
  kept: string[]
  answers: { task_item_id: string; question_id: string; versions: Version[] }[]
  /** Photos of the entries that it does not have yet. */
  missing: string[]
  closed: boolean
  /** The items of the department's part, with what was added on the spot. */
  items: string[]
}

/** Somebody else of my department is in the group: only then there is anybody to meet. */
export function hasColleague(visit: Visit): boolean {
  const mine = visit.members.find((member) => member.mine)?.department
  return visit.members.filter((member) => member.department === mine).length > 1
}

const empty = (): Together => ({ known: {}, standing: {}, chosen: {} })

/** An answer as it is compared; '' for a blank one. */
export function contentOf(answer: Pick<Answer, 'value' | 'rows' | 'comment' | 'photos'> | undefined): string {
  if (!answer) return ''
  const rows = filledRows(answer as Answer).map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
  const [value, comment, photos] = [answer.value.trim(), answer.comment.trim(), [...new Set(answer.photos)].sort()]
  return value || rows.length || comment || photos.length ? JSON.stringify([value, rows, comment, photos]) : ''
}

const answerOf = ({ value, comment, photos }: Version): Answer =>
  typeof value === 'string' ? { value, comment, photos: [...photos] } : { value: '', rows: value.map((row) => ({ ...row })), comment, photos: [...photos] }

/** What stands differs: somebody must choose. */
export function differing(draft: Draft, key: string): Version[] {
  if (joinedKey(key) || isSignature(key)) return []
  const standing = draft.together?.standing[key] ?? []
  const unlike = standing.some((one) => contentOf(answerOf(one)) !== contentOf(answerOf(standing[0]!)))
  return unlike && !draft.together?.chosen[key] ? standing : []
}

/** What stands at a question is a colleague's word. */
export function writtenBy(draft: Draft, key: string): string {
  const standing = draft.together?.standing[key] ?? []
  const same = standing.length > 0 && standing.every((one) => !one.mine) && contentOf(answerOf(standing[0]!)) === contentOf(read(draft, key))
  return same ? standing[0]!.by : ''
}

/** What was typed here and is not at the backend yet. */
export function entriesOf(visit: Visit, draft: Draft): Entry[] {
  const asked = visit.items.flatMap((item) => shownQuestions(item, draft).map((question) => ({ place: item.task_item_id, name: question.id, question })))
  const concluded = conclusionNames(visit, draft).map((name) => ({ place: CONCLUSION, name, question: { kind: 'text' } as Question }))
  const { known, chosen } = draft.together ?? empty()
  return [...asked, ...concluded].flatMap(({ place, name, question }): Entry[] => {
    const key = answerKey(place, name)
    const answer = read(draft, key) ?? emptyAnswer()
    if (!chosen[key] && contentOf(answer) === (known[key]?.content ?? '')) return []
    return [{ task_item_id: place, question_id: name, ...said(question, answer), over: chosen[key] ?? known[key]?.over ?? [], typed_at: draft.savedAt }]
  })
}

/** What a colleague took on his phone comes to what was taken here; what was taken away here does not come again. */
function join(draft: Draft, name: Joined, versions: Version[]): void {
  const together = (draft.together ??= empty())
  const seen = new Set([...(together.seen ?? []), ...(draft[name] ?? [])])
  const fresh = versions.flatMap((one) => (one.mine ? [] : one.photos)).filter((digest) => !seen.has(digest))
  if (fresh.length) draft[name] = [...(draft[name] ?? []), ...new Set(fresh)]
  together.seen = [...new Set([...seen, ...fresh])]
}

/** What somebody wrote with his own hand on another phone, and does not stand here. */
export const signedElsewhere = (draft: Draft, staffNo: string): Version[] =>
  (draft.together?.standing[signatureKey(staffNo)] ?? []).filter((one) => !one.mine && one.value !== '' && one.value !== draft.signatures[staffNo])

const said = (question: Question, answer: Answer) => ({
  value: question.kind === 'table' ? filledRows(answer) : answer.value.trim(), comment: answer.comment.trim(), photos: [...answer.photos],
})

/** Bring the backend's word into the draft; nothing that was typed here is ever touched. Tells whether anything changed. */
export function meet(draft: Draft, sent: Entry[], answer: Shared): boolean {
  if (!sent.length && !answer.answers.length) return false
  const before = JSON.stringify(draft)
  const together = (draft.together ??= empty())
  sent.forEach((entry, index) => {
    const key = answerKey(entry.task_item_id, entry.question_id)
    together.known[key] = { over: [answer.kept[index]!], content: contentOf(answerOf({ ...entry, id: '', by: '', mine: true })) }
    delete together.chosen[key]
  })
  for (const { task_item_id, question_id, versions } of answer.answers) {
    const key = answerKey(task_item_id, question_id)
    together.standing[key] = versions
    const name = joinedKey(key)
    if (name) join(draft, name, versions)
    if (name || isSignature(key)) continue
    if (together.chosen[key] || !versions.length) continue
    const contents = new Set(versions.map((one) => contentOf(answerOf(one))))
    const here = contentOf(read(draft, key))
    const [only] = contents
    // Typed here since, or differing there: it stays as it is, and is sent or chosen.
    if (contents.size > 1 || (here !== (together.known[key]?.content ?? '') && here !== only)) continue
    if (here !== only) write(draft, key, answerOf(versions[0]!))
    together.known[key] = { over: versions.map((one) => one.id), content: only! }
  }
  return JSON.stringify(draft) !== before
}

/** Choose one of what stands; it is typed over all of them when there is network. */
export function choose(draft: Draft, key: string, version: Version): void {
  const together = (draft.together ??= empty())
  together.chosen[key] = (together.standing[key] ?? []).map((one) => one.id)
  write(draft, key, answerOf(version))
}

/** At how many places two differ and nobody has chosen; what does not appear now is not asked. */
export function countDiffering(visit: Visit, draft: Draft): number {
  const concluded = new Set(conclusionNames(visit, draft).map(conclusionKey))
  const asked = (key: string) => !key.startsWith(conclusionKey('')) || concluded.has(key)
  return Object.keys(draft.together?.standing ?? {}).filter((key) => asked(key) && differing(draft, key).length).length
}
