/** Items added on the spot without network: filled like the others, sealed with their reason (A3). */
import { describe, expect, it } from 'vitest'
import { gaps } from '@/phone/check'
import { draftFromDelivered, manifestOf, newDraft } from '@/phone/manifest'
import { addItem, addedId, withAdded } from '@/phone/other'
import type { ListedItem, Visit } from '@/phone/types'

const question = { id: 'q1', text: '一', kind: 'yesno', required: true, key: false } as const
const form = { version: 1, title: '表', questions: [question] }
const visit = {
  id: 'a1b2', number: 'n', target: { name: 't' }, leads: false, result_codes: [{ code: 'none', text: '未发现问题' }], measures: [],
  items: [{ task_item_id: 'drawn', name: '抽取的事项', basis: '', form }],
} as unknown as Visit
const listed = { item_id: 'c3d4', name: '散装食品', subject: '', basis: '办法', form } as unknown as ListedItem

describe('an item added on the spot', () => {
  it('has the id that the backend gives it', async () => {
    // The same pair as in tests/unit/test_other_items.py.
    expect(await addedId('a1b2', 'c3d4')).toBe('bb330ea9b97c0f9f9007a011a86793b2')
  })

  it('is asked for, sealed with its reason, and comes once though the backend knows it too', async () => {
    const draft = newDraft(visit, 'id', '2026-03-02T01:00:00Z')
    const item = await addItem(draft, listed, ' 现场兼营 ')
    await addItem(draft, listed, ' 现场兼营 ')
    const mine = withAdded(visit, draft)
    expect(mine.items.map((one) => one.name)).toEqual(['抽取的事项', '散装食品'])
    expect(visit.items).toHaveLength(1)
    expect(gaps(mine, draft).some((one) => one.text.startsWith('散装食品 第 1 题'))).toBe(true)
    draft.answers[`${item.task_item_id}/q1`] = { value: 'yes', comment: '', photos: [] }
    const manifest = manifestOf(mine, draft, 'ua')
    expect(manifest.added_items).toEqual([{ item_id: 'c3d4', reason: '现场兼营' }])
    expect(manifest.answers.map((one) => one.task_item_id)).toEqual([item.task_item_id])
    expect(withAdded(mine, draft).items).toHaveLength(2)
  })

  it('is no part of a manifest without it, and what was off the list survives a return', () => {
    const draft = newDraft(visit, 'id', '2026-03-02T01:00:00Z')
    expect(Object.keys(manifestOf(visit, draft, 'ua'))).not.toContain('added_items')
    draft.offList = [{ matter: '寄递', content: '' }]
    const manifest = manifestOf(visit, draft, 'ua')
    const again = draftFromDelivered(visit, { visitId: 'a1b2', receipt: {} as never, manifest }, 'id2', '2026-03-03T01:00:00Z')
    expect(again.offList).toEqual([{ matter: '寄递', content: '' }])
  })
})
