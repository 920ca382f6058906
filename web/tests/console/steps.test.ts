import { describe, expect, it } from 'vitest'
import type { Draw, Source, Task, VisitLine } from '@/console/api/tasks'
import { groups, subjectText } from '@/console/format'
import { nextOf, progress } from '@/console/task/steps'

const source = (name: string, kind: Source['kind'], entered: boolean): Source => ({
  name, kind, kind_text: '', note: '', commitment: null, entered, value: null,
})
const draw = (...sources: Source[]): Draw => ({
  number: '2026-0001', status: 'frozen', fingerprint: '', frozen_at: '', drawn_at: null, counts: {}, sources, bundle_url: null, parts: [], stamp: null, beacon: null,
})
const visit = (status: string, ...parts: string[]): VisitLine => ({
  id: 'v', number: '', position: 1, target_name: '', target_code: '', status, status_text: '', leader: '', members: [], short: [], experts: [],
  parts: parts.map((part, place) => ({ id: String(place), department: '', status: part, status_text: '', result_text: null })),
})
const task = (fields: Partial<Task>) => ({
  status: 'draft' as const, mode: 'double' as const, batches: [], prepared_by: null, draw: null, visits: [],
  can: { prepare: false, freeze: false, enter: [], draw: false, publish: false }, ...fields,
})

describe('what comes next in a task', () => {
  it('D4: the freeze is asked of another person than the one who prepared', () => {
    const next = nextOf(task({ status: 'prepared', prepared_by: '张甲' }))
    expect(next.what).toContain('张甲已提交')
    expect(next.who).toContain('另一位')
  })

  it("D2: the server's own value is never asked for, and no draw is offered while a value is missing", () => {
    const waiting = nextOf(task({ status: 'frozen', draw: draw(source('server', 'system', false), source('骰子', 'dice', false)) }))
    expect(waiting.what).toContain('“骰子”')
    const ready = nextOf(task({ status: 'frozen', draw: draw(source('server', 'system', false), source('骰子', 'dice', true)) }))
    expect(ready.what).toContain('可以抽取')
  })

  it('D2: nobody is asked for a value that the system fetches, unless it could not be had', () => {
    const beacon = { source: 'drand', round: 7, at: '2026-03-02T09:20:00+08:00', url: '', status: 'waiting', by_hand: false, said: false, trouble: '' }
    const frozen = draw(source('server', 'system', false), source('骰子', 'dice', true), source('drand', 'public', false))
    const next = nextOf(task({ status: 'frozen', draw: { ...frozen, beacon } }))
    expect(next.what).toContain('自动获取')
    expect(next.what).not.toContain('录入种子来源')
    expect(next.who).toBe('系统')
    expect(nextOf(task({ status: 'frozen', draw: { ...frozen, beacon: { ...beacon, by_hand: true } } })).what).toContain('录入种子来源“drand”')
    const room = draw(source('server', 'system', false), source('骰子', 'dice', false), source('drand', 'public', false))
    expect(nextOf(task({ status: 'frozen', draw: { ...room, beacon } })).what).toContain('“骰子”')
  })

  it('A8: of a drawn order the next batch is made, and nothing is published before there is anything', () => {
    const batch = { number: 1, starts_on: '2026-03-02', ends_on: '2026-05-31', count: 10, task_id: null, status_text: '' }
    const order = task({ status: 'drawn', mode: 'order', batches: [{ ...batch, task_id: 't' }, { ...batch, number: 2, starts_on: '2026-06-01' }] })
    expect(nextOf(order)).toEqual({ what: '次序已抽定。建立第 2 批的任务，2026-06-01 起检查。', who: '协调员' })
    expect(nextOf({ ...order, batches: [{ ...batch, task_id: 't' }] }).what).toContain('都已建立')
  })

  it('P1: where targets alone were drawn, people are named first', () => {
    const gap = { department: '消防救援大队', code: 'fire', missing: 2, entrusted_from: '', entrusted_to: '', document: '' }
    const bare = { ...visit('assigned'), short: [gap] }
    expect(nextOf(task({ status: 'drawn', mode: 'targets', visits: [bare] })).what).toContain('1 户还有部门没有选派')
    const named = { ...visit('assigned', 'open'), short: [{ ...gap, entrusted_to: '某支队' }] }
    expect(nextOf(task({ status: 'drawn', mode: 'targets', visits: [named] })).what).toContain('检查进行中')
  })

  it('H1: publication is not offered before every part is approved', () => {
    const some = nextOf(task({ status: 'drawn', visits: [visit('submitted', 'approved', 'submitted')] }))
    expect(some.what).toContain('1 / 2')
    expect(some.who).toContain('审批人')
    const all = nextOf(task({ status: 'drawn', visits: [visit('confirmed', 'approved', 'approved')] }))
    expect(all.what).toContain('可以公示')
  })

  it('counts a published part as approved and submitted as well, a returned one as neither', () => {
    expect(progress({ visits: [visit('accepted', 'published', 'returned'), visit('assigned', 'open')] })).toEqual({
      visits: 2, accepted: 1, parts: 3, submitted: 1, approved: 1, published: 1,
    })
  })
})

describe('subjects of acts', () => {
  it('K4: an id stands as its kind and its end; a number that people know stays whole', () => {
    expect(subjectText('visit:01a1fc40c57e806082c3845e23de13ba')).toBe('检查 …de13ba')
    expect(subjectText('市场抽查〔2026〕1号')).toBe('市场抽查〔2026〕1号')
    expect(subjectText('YS-2026-0001')).toBe('YS-2026-0001')
  })
})

describe('fingerprints', () => {
  it('stand in groups that lose no digit', () => {
    const hex = '0123456789abcdef'.repeat(4)
    expect(groups(hex)).toHaveLength(8)
    expect(groups(hex).join('')).toBe(hex)
    expect(groups('')).toEqual([])
  })
})
