/** Two phones at one form, each without network for a while: nobody's word is lost or overwritten (G5, G10). */
import { describe, expect, it } from 'vitest'
import { gaps } from '@/phone/check'
import { conclusionKey } from '@/phone/conclusion'
import { newDraft } from '@/phone/manifest'
import { type Entry, type Shared, choose, contentOf, countDiffering, differing, entriesOf, meet, signedElsewhere, writtenBy } from '@/phone/together'
import type { Draft, Version, Visit } from '@/phone/types'

const KEY = 'item/q1'
const visit = {
  id: 'v', number: 'n', target: { name: 't' }, leads: false, result_codes: [], measures: [],
  items: [{ task_item_id: 'item', name: '事项', basis: '', form: { version: 1, title: '表', questions: [
    { id: 'q1', text: '一', kind: 'yesno', required: true, key: false }, { id: 'q2', text: '二', kind: 'text', required: false, key: false },
  ] } }],
} as unknown as Visit

/** The backend's rule in ten lines: what nobody typed over stands (inspection/versions.py). */
class Meeting {
  versions: (Version & { who: string; over: string[]; key: string })[] = []
  share(who: string, entries: Entry[]): Shared {
    const kept = entries.map((entry) => {
      const id = `${who}${JSON.stringify([entry.question_id, entry.value, entry.comment, entry.over])}`
      if (!this.versions.some((one) => one.id === id)) this.versions.push({ ...entry, id, who, by: who, mine: false, key: entry.question_id })
      return id
    })
    const gone = new Set(this.versions.flatMap((one) => one.over))
    const standing = (question: string) => this.versions.filter((one) => one.key === question && !gone.has(one.id)).map((one) => ({ ...one, mine: one.who === who }))
    const questions = [...new Set(this.versions.map((one) => one.key))]
    return { kept, answers: questions.map((question_id) => ({ task_item_id: 'item', question_id, versions: standing(question_id) })), missing: [], closed: false, items: ['item'] }
  }
}

/** The same over several places: a question's name is its own only within its place. */
class Places extends Meeting {
  override share(who: string, entries: Entry[]): Shared {
    const told = super.share(who, entries.map((entry) => ({ ...entry, question_id: `${entry.task_item_id}|${entry.question_id}` })))
    return { ...told, answers: told.answers.map((one) => {
      const [task_item_id, question_id] = one.question_id.split('|') as [string, string]
      return { ...one, task_item_id, question_id }
    }) }
  }
}

const phone = (): Draft => newDraft(visit, 'id', '2026-03-02T01:00:00Z')
const type = (draft: Draft, value: string, question = 'q1') => (draft.answers[`item/${question}`] = { value, comment: '', photos: [] })
function sync(meeting: Meeting, who: string, draft: Draft): boolean {
  const sent = entriesOf(visit, draft)
  return meet(draft, sent, meeting.share(who, sent))
}

describe('two phones at one form', () => {
  it('show both answers on both phones, and one choice ends it on both', () => {
    const [meeting, a, b] = [new Meeting(), phone(), phone()]
    type(a, 'yes')
    type(b, 'no')
    sync(meeting, 'a', a)
    sync(meeting, 'b', b)
    sync(meeting, 'a', a)
    expect([a.answers[KEY]!.value, b.answers[KEY]!.value]).toEqual(['yes', 'no'])
    for (const draft of [a, b]) {
      expect(differing(draft, KEY).map((one) => one.value)).toEqual(['yes', 'no'])
      expect(gaps(visit, draft).some((gap) => gap.text.includes('请选定'))).toBe(true)
    }
    choose(b, KEY, differing(b, KEY)[0]!)
    expect(countDiffering(visit, b)).toBe(0)
    sync(meeting, 'b', b)
    sync(meeting, 'a', a)
    expect([a.answers[KEY]!.value, b.answers[KEY]!.value]).toEqual(['yes', 'yes'])
    expect(countDiffering(visit, a) + countDiffering(visit, b)).toBe(0)
    expect(meeting.versions).toHaveLength(3)
  })

  it('brings in what a colleague typed where nothing was typed here, and says whose it is', () => {
    const [meeting, a, b] = [new Meeting(), phone(), phone()]
    type(a, '台账齐全', 'q2')
    type(b, 'yes')
    sync(meeting, 'a', a)
    sync(meeting, 'b', b)
    expect(b.answers['item/q2']!.value).toBe('台账齐全')
    expect(writtenBy(b, 'item/q2')).toBe('a')
    expect(writtenBy(b, KEY)).toBe('')
    expect(entriesOf(visit, b)).toEqual([])
  })

  it('never touches what was typed while the answer was on its way', () => {
    const [meeting, a, b] = [new Meeting(), phone(), phone()]
    type(a, 'yes')
    sync(meeting, 'a', a)
    sync(meeting, 'b', b)
    const sent = entriesOf(visit, a)
    type(b, 'no')
    sync(meeting, 'b', b)
    const answer = meeting.share('a', sent)
    type(a, 'na')
    meet(a, sent, answer)
    expect(a.answers[KEY]!.value).toBe('na')
    sync(meeting, 'a', a)
    expect(differing(a, KEY).map((one) => one.value).sort()).toEqual(['na', 'no'])
  })

  it('changes nothing and sends nothing twice when the same answer comes again', () => {
    const [meeting, a] = [new Meeting(), phone()]
    type(a, 'yes')
    const sent = entriesOf(visit, a)
    meeting.share('a', sent)
    meet(a, sent, meeting.share('a', sent))
    expect(sync(meeting, 'a', a)).toBe(false)
    expect(meeting.versions).toHaveLength(1)
    expect(contentOf({ value: ' ', comment: '', photos: [] })).toBe('')
  })
})

describe('what two concluded', () => {
  it('is shown on both phones and settled by one choice', () => {
    const [meeting, a, b] = [new Places(), phone(), phone()]
    a.results = ['none']
    b.results = ['corrected', 'pending']
    b.note = '乙的备注'
    for (const [who, draft] of [['a', a], ['b', b], ['a', a]] as const) sync(meeting, who, draft)
    const key = conclusionKey('results')
    expect([countDiffering(visit, a), countDiffering(visit, b)]).toEqual([1, 1])
    expect(a.note).toBe('乙的备注') // nothing was typed here: the colleague's word comes in
    expect(gaps(visit, a).some((gap) => gap.anchor === 'differing-results')).toBe(true)
    choose(a, key, differing(a, key).find((one) => one.value === 'corrected,pending')!)
    sync(meeting, 'a', a)
    sync(meeting, 'b', b)
    expect([a.results, b.results]).toEqual([['corrected', 'pending'], ['corrected', 'pending']])
    expect([countDiffering(visit, a), countDiffering(visit, b)]).toEqual([0, 0])
  })

  it('holds the photos of both, and what was taken away does not come again', () => {
    const [meeting, a, b] = [new Places(), phone(), phone()]
    a.photos = ['p1']
    b.photos = ['p2']
    for (const [who, draft] of [['a', a], ['b', b], ['a', a], ['b', b]] as const) sync(meeting, who, draft)
    expect([[...a.photos].sort(), [...b.photos].sort()]).toEqual([['p1', 'p2'], ['p1', 'p2']])
    expect([countDiffering(visit, a), countDiffering(visit, b)]).toEqual([0, 0])
    a.photos = ['p1']
    for (const [who, draft] of [['a', a], ['b', b], ['a', a]] as const) sync(meeting, who, draft)
    expect(a.photos).toEqual(['p1'])
    expect([...b.photos].sort()).toEqual(['p1', 'p2'])
  })

  it('shows a signature given on the other phone and never takes it over by itself', () => {
    const [meeting, a, b] = [new Places(), phone(), phone()]
    a.signatures = { '02': 'ink on a' }
    b.signatures = { '02': 'ink on b' }
    for (const [who, draft] of [['a', a], ['b', b], ['a', a]] as const) sync(meeting, who, draft)
    expect([a.signatures, b.signatures]).toEqual([{ '02': 'ink on a' }, { '02': 'ink on b' }])
    expect([signedElsewhere(a, '02').map((one) => one.value), signedElsewhere(a, '01')]).toEqual([['ink on b'], []])
    expect(countDiffering(visit, a)).toBe(0)
  })
})
