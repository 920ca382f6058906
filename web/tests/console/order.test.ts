import { describe, expect, it } from 'vitest'
import type { PlanEntry } from '@/console/api/registers'
import { newForm, orderOf, wrongIn, type Form, type Way } from '@/console/task/order'

const entry = { id: 'p', name: '旅馆业联合抽查', starts_on: '2026-03-01', ends_on: '2026-11-30' } as PlanEntry
const form = (fields: Partial<Form>): Form => ({ ...newForm(entry), ...fields })
const OWN = ['ratio', 'count', 'classes', 'each_region', 'batch_size', 'batch_days', 'merge', 'lower']
const given = (one: Form) => OWN.filter((key) => (orderOf(one, entry) as unknown as Record<string, unknown>)[key] != null)

describe('the order of a task', () => {
  it('D1: each way of drawing sends its own fields and no others', () => {
    const rows = { merge: [{ item_id: 'a', percent: 20, keywords: ['住宿'] }, { item_id: 'b', percent: 0.5, keywords: [] }], lower: [{ code: 'fire', region: '370102' }] }
    const ways: [Partial<Form> & { way: Way }, string, string[]][] = [
      [{ way: 'double' }, 'double', ['ratio']],
      [{ way: 'double', by: 'count' }, 'double', ['count']],
      [{ way: 'targets', by: 'classes', classes: { D: 3 } }, 'targets', ['classes']],
      [{ way: 'lower', each_region: 2 }, 'double', ['ratio', 'each_region', 'lower']],
      [{ way: 'merge', each_region: 2 }, 'double', ['merge']],
      [{ way: 'inspectors' }, 'inspectors', []],
      [{ way: 'order' }, 'order', ['batch_size']],
      [{ way: 'order', batch_by: 'days', batch_days: ['2026-06-01', '2026-03-02'] }, 'order', ['batch_days']],
    ]
    for (const [fields, mode, own] of ways) {
      const one = form({ ...rows, ...fields })
      expect(wrongIn(one)).toBe('')
      expect([orderOf(one, entry).mode, given(one)]).toEqual([mode, own])
    }
    expect(orderOf(form({ ...rows, way: 'merge' }), entry).merge?.map((one) => one.ratio)).toEqual(['0.2', '0.005'])
    expect(orderOf(form({ way: 'order', batch_by: 'days', batch_days: ['2026-06-01', '2026-03-02'] }), entry).batch_days).toEqual(['2026-03-02', '2026-06-01'])
  })

  it('D1: what is not filled in is said before anything is sent', () => {
    expect(wrongIn(form({ name: ' ' }))).toContain('名称')
    expect(wrongIn(form({ way: 'merge' }))).toContain('两个事项')
    expect(wrongIn(form({ way: 'merge', merge: ['a', 'a'].map((item_id) => ({ item_id, percent: 5, keywords: [] })) }))).toContain('不同')
    expect(wrongIn(form({ way: 'lower' }))).toContain('部门')
    expect(wrongIn(form({ way: 'lower', lower: [{ code: 'a', region: '37' }, { code: 'a', region: '38' }] }))).toContain('一个区域')
    expect(wrongIn(form({ way: 'order', batch_by: 'days' }))).toContain('日期')
    expect(wrongIn(form({ by: 'classes' }))).toContain('一类')
  })
})
