import { describe, expect, it } from 'vitest'
import { draftOf, type ListRow } from '@/console/api/lists'
import { placeOf } from '@/console/api/plans'
import { ruleWords } from '@/console/libraries/rule'
import { changedWords } from '@/console/plans/words'

describe('lists and plans', () => {
  it('A10: a draft sends the columns of the form and nothing else, and never touches the version in force', () => {
    const row = { ...draftOf(null), name: '餐饮检查', item_id: 'i', version_id: 'v', number: 1, guide_gaps: [] } as unknown as ListRow
    const draft = draftOf(row)
    draft.guide.basis = '新写的'
    draft.partner_ids.push('d')
    expect(draft).not.toHaveProperty('item_id')
    expect(row.guide.basis).toBe('')
    expect(row.partner_ids).toEqual([])
  })

  it('C2: a plan that was sent back stands at the beginning again', () => {
    expect(placeOf('returned')).toBe(0)
    expect(placeOf('filed')).toBe(4)
  })

  it('C6: the history tells only what changed, in words', () => {
    const before = { name: '甲', quota_text: '5%', partners: ['乙'] }
    expect(changedWords({ ...before, quota_text: '10%' }, before)).toEqual(['比例或户数：5% → 10%'])
  })

  it('B15: an empty rule has no words, so nothing is produced from it', () => {
    const rule = { trades: [], keywords: [], regions: [], classes: [], labels: [] as string[] }
    expect(ruleWords(rule)).toBe('')
    expect(ruleWords({ ...rule, labels: ['重点'] })).toBe('标签 重点')
  })
})
