// @vitest-environment node
/** What must be there before a submission: required answers, comments, photos, results, signatures (G7, G8, G12). */
import { expect, it } from 'vitest'
import { gaps, pressed } from '@/phone/check'
import { manifestOf } from '@/phone/manifest'
import { deadlineText } from '@/phone/status'
import type { Draft } from '@/phone/types'
import { sampleDraft, sampleVisit } from './samples'

function complete(): Draft {
  const draft = sampleDraft()
  draft.answers['i1/a'] = { value: 'yes', comment: '', photos: [] }
  draft.results = ['ok']
  draft.owner = { mode: 'signed', name: '样例人', digest: 'd', reason: '' }
  draft.signatures = { s1: 'd1' }
  return draft
}
const texts = (draft: Draft, change = {}) => gaps(sampleVisit(change), draft).map((gap) => gap.text)

it('a complete draft has no gaps', () => {
  expect(texts(complete())).toEqual([])
})

it('a no needs its comment and its photo, a number its limits', () => {
  const draft = complete()
  draft.answers['i1/a'] = { value: 'no', comment: ' ', photos: [] }
  draft.answers['i1/b'] = { value: '11', comment: '', photos: [] }
  expect(texts(draft)).toEqual(['许可 第 1 题：缺说明', '许可 第 1 题：缺照片', '许可 第 2 题：不能大于 10'])
  draft.answers['i1/b'].value = '3.5'
  draft.answers['i1/a'] = { value: 'no', comment: '脏', photos: ['d'] }
  expect(texts(draft)).toEqual([])
})

it('an empty draft is not sendable', () => {
  expect(gaps(sampleVisit(), sampleDraft()).map((gap) => gap.place)).toEqual(['form', 'result', 'sign', 'sign', 'sign'])
})

it('G8: an owner who refuses needs a reason and two inspectors', () => {
  const draft = complete()
  draft.owner = { mode: 'refused', name: '', digest: '', reason: '' }
  expect(texts(draft)).toHaveLength(2)
  draft.owner.reason = '拒签'
  draft.signatures.s2 = 'd2'
  expect(texts(draft)).toEqual([])
})

it('G7: the owner signs with the part that the leader belongs to, whoever holds the phone', () => {
  const draft = complete()
  draft.owner = { mode: 'signed', name: '', digest: '', reason: '' }
  expect(texts(draft, { leads: false })).toEqual([])
  expect(texts(draft, { leads: false, owner_signs: true })).toContain('当事人还没有签字')
})

it('G12: a direct result stands without the checklist but never without evidence', () => {
  const draft = complete()
  draft.answers = {}
  draft.results = ['gone']
  expect(texts(draft)).toEqual(['所选结果或措施需要写明具体情况', '这个结果须先固定证据：请拍现场照片', '发现问题时请选择后续处置措施'])
  draft.resultDetail = '登记地址已搬空'
  draft.measures = ['order']
  draft.photos = ['d']
  expect(texts(draft)).toEqual([])
})

it('未发现问题 and 无需后续处置 stand alone', () => {
  expect(pressed(['corrected', 'pending'], 'none')).toEqual(['none'])
  expect(pressed(['none'], 'corrected')).toEqual(['corrected'])
  expect(pressed(['order'], 'other')).toEqual(['order', 'other'])
  expect(pressed(['order', 'other'], 'order')).toEqual(['other'])
})

it('a measure that needs words asks for them', () => {
  const draft = complete()
  draft.measures = ['other']
  expect(texts(draft)).toEqual(['所选结果或措施需要写明具体情况'])
  draft.note = '约谈负责人'
  expect(texts(draft)).toEqual([])
})

it('a deadline is near from three days on and says when it is past', () => {
  const now = new Date('2026-11-20T23:50:00+08:00')
  expect(deadlineText('2026-11-24', now)).toEqual({ text: '还剩 4 天', near: false })
  expect(deadlineText('2026-11-23', now)).toEqual({ text: '还剩 3 天', near: true })
  expect(deadlineText('2026-11-20', now).text).toBe('今天到期')
  expect(deadlineText('2026-11-18', now).text).toBe('已逾期 2 天')
})

it('H3: where several items are checked and something was found, each says what it came to', () => {
  const [one] = sampleVisit().items
  const change = {
    items: [one!, { ...one!, task_item_id: 'i2', name: '消防', form: { ...one!.form, questions: [] } }],
    result_codes: [{ code: 'none', text: '未发现问题', needs_detail: false, direct: false }, { code: 'bad', text: '发现问题', needs_detail: false, direct: false, problem: true }],
  }
  const visit = sampleVisit(change)
  const draft = { ...complete(), results: ['none'] }
  expect(texts(draft, change)).toEqual([])
  expect(manifestOf(visit, draft, '').item_results).toBeUndefined()
  Object.assign(draft, { results: ['bad'], measures: ['order'] })
  expect(texts(draft, change)).toEqual(['许可：还没有选择这一事项的结果', '消防：还没有选择这一事项的结果'])
  draft.itemResults = { i1: ['none'], i2: ['none'] }
  expect(texts(draft, change)).toEqual(['“发现问题”是哪个事项的结果，还没有选择'])
  draft.itemResults.i2 = ['bad', 'gone']
  expect(texts(draft, change)).toEqual([])
  expect(manifestOf(visit, draft, '').item_results).toEqual([{ task_item_id: 'i1', results: ['none'] }, { task_item_id: 'i2', results: ['bad'] }])
})
