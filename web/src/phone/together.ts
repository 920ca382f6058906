/**
 * Two inspectors of one department at one form, each on his own phone, often without network. Pure.
 *
 *   draft ─> entriesOf: what was typed since the last time, each over the versions it was typed over
 *   answer of the backend ─> meet: what a colleague typed where nothing was typed here comes in; what differs stays
 *   as it is on both phones until somebody chooses (`choose`), and the choice is typed over all that stood
 */
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
  const standing = draft.together?.standing[key] ?? []
  const unlike = standing.some((one) => contentOf(answerOf(one)) !== contentOf(answerOf(standing[0]!)))
  return unlike && !draft.together?.chosen[key] ? standing : []
}

/** What stands at a question is a colleague's word. */
export function writtenBy(draft: Draft, key: string): string {
  const standing = draft.together?.standing[key] ?? []
  const same = standing.length > 0 && standing.every((one) => !one.mine) && contentOf(answerOf(standing[0]!)) === contentOf(draft.answers[key])
  return same ? standing[0]!.by : ''
}

/** What was typed here and is not at the backend yet. */
export function entriesOf(visit: Visit, draft: Draft): Entry[] {
  const { known, chosen } = draft.together ?? empty()
  return visit.items.flatMap((item) =>
    shownQuestions(item, draft).flatMap((question): Entry[] => {
      const key = answerKey(item.task_item_id, question.id)
      const answer = draft.answers[key] ?? emptyAnswer()
      if (!chosen[key] && contentOf(answer) === (known[key]?.content ?? '')) return []
      return [{
        task_item_id: item.task_item_id, question_id: question.id, ...said(question, answer),
        over: chosen[key] ?? known[key]?.over ?? [], typed_at: draft.savedAt,
      }]
    }),
  )
}

const said = (question: Question, answer: Answer) => ({
  value: question.kind === 'table' ? filledRows(answer) : answer.value.trim(), comment: answer.comment.trim(), photos: [...answer.photos],
})

/** Bring the backend's word into the draft; nothing that was typed here is ever touched. Tells whether anything changed. */
export function meet(draft: Draft, sent: Entry[], answer: Shared): boolean {
  if (!sent.length && !answer.answers.length) return false
  const before = JSON.stringify([draft.answers, draft.together])
  const together = (draft.together ??= empty())
  sent.forEach((entry, index) => {
    const key = answerKey(entry.task_item_id, entry.question_id)
    together.known[key] = { over: [answer.kept[index]!], content: contentOf(answerOf({ ...entry, id: '', by: '', mine: true })) }
    delete together.chosen[key]
  })
  for (const { task_item_id, question_id, versions } of answer.answers) {
    const key = answerKey(task_item_id, question_id)
    together.standing[key] = versions
    if (together.chosen[key] || !versions.length) continue
    const contents = new Set(versions.map((one) => contentOf(answerOf(one))))
    const here = contentOf(draft.answers[key])
    const [only] = contents
    // Typed here since, or differing there: it stays as it is, and is sent or chosen.
    if (contents.size > 1 || (here !== (together.known[key]?.content ?? '') && here !== only)) continue
    if (here !== only) draft.answers[key] = answerOf(versions[0]!)
    together.known[key] = { over: versions.map((one) => one.id), content: only! }
  }
  return JSON.stringify([draft.answers, draft.together]) !== before
}

/** Choose one of what stands; it is typed over all of them when there is network. */
export function choose(draft: Draft, key: string, version: Version): void {
  const together = (draft.together ??= empty())
  together.chosen[key] = (together.standing[key] ?? []).map((one) => one.id)
  draft.answers[key] = answerOf(version)
}

/** How many questions two have answered differently and nobody has chosen. */
export const countDiffering = (draft: Draft): number => Object.keys(draft.together?.standing ?? {}).filter((key) => differing(draft, key).length).length
