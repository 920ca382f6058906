// @vitest-environment node
/** G5, G13: the phone shows and counts what the backend does; tables are sent as lines. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { gaps } from '@/phone/check'
import { answerKey, scoreOf, shownQuestions } from '@/phone/form'
import { draftFromDelivered, manifestOf } from '@/phone/manifest'
import type { Delivered, Item, Question } from '@/phone/types'
import { sampleDraft, sampleVisit } from './samples'

interface Case { answers: Record<string, string>; shown: string[]; score: [number, number, number, string] | null }
const told = JSON.parse(readFileSync(new URL('../../../tests/unit/form_cases.json', import.meta.url), 'utf8')) as { form: Item['form']; cases: Case[] }
const item: Item = { task_item_id: 'i1', name: '样例', basis: '', form: told.form }
const draftOf = (answers: Record<string, string>) => {
  const draft = sampleDraft()
  for (const [id, value] of Object.entries(answers)) draft.answers[answerKey('i1', id)] = { value, comment: '', photos: [] }
  return draft
}

it.each(told.cases)('agrees with the backend on $answers', ({ answers, shown, score }) => {
  const draft = draftOf(answers)
  expect(shownQuestions(item, draft).map((one) => one.id)).toEqual(shown)
  const found = scoreOf(item, draft)
  expect(found && [found.got, found.possible, found.percent, found.grade]).toEqual(score)
})

const TABLE: Question = {
  id: 'goods', text: '抽查', kind: 'table', required: true, key: false,
  columns: [{ id: 'name', text: '品名', kind: 'text', required: true }, { id: 'weight', text: '重量', kind: 'number', required: false }],
}
const visit = sampleVisit({ items: [{ ...item, form: { ...told.form, questions: [TABLE] } }] })
const missing = (rows: Record<string, string>[]) => {
  const draft = draftOf({})
  draft.answers['i1/goods'] = { value: '', rows, comment: '', photos: [] }
  return { draft, texts: gaps(visit, draft).filter((gap) => gap.place === 'form').map((gap) => gap.text) }
}

it('a table needs a line, and a line its columns', () => {
  expect(missing([]).texts).toEqual(['样例 第 1 题：未填'])
  expect(missing([{ name: ' ' }, {}]).texts).toEqual(['样例 第 1 题：未填'])
  expect(missing([{ weight: '3' }]).texts).toEqual(['样例 第 1 题：第 1 行缺“品名”'])
  expect(missing([{ name: '米', weight: '三' }]).texts).toEqual(['样例 第 1 题：第 1 行“重量”请填数字'])
  expect(missing([{ name: '米', weight: '3' }]).texts).toEqual([])
})

it('a table goes out as its filled lines and comes back as it went', () => {
  const { draft } = missing([{ name: ' 米 ', weight: '3' }, {}])
  const manifest = manifestOf(visit, draft, 'test')
  expect(manifest.answers).toEqual([{ task_item_id: 'i1', question_id: 'goods', value: [{ name: '米', weight: '3' }], photos: [] }])
  const again = draftFromDelivered(visit, { manifest } as Delivered, 'id', 'at')
  expect(again.answers['i1/goods']).toEqual({ value: '', rows: [{ name: '米', weight: '3' }], comment: '', photos: [] })
})

it('what does not appear is not sent', () => {
  const draft = draftOf({ kind: '餐馆', licence: 'yes', samples: 'no' })
  const sent = manifestOf(sampleVisit({ items: [item] }), draft, 'test').answers.map((one) => one.question_id)
  expect(sent).toEqual(['kind', 'licence'])
})
