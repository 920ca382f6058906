import { describe, expect, it } from 'vitest'
import { KINDS, percentOf, rejectsUrl } from '@/console/api/imports'

const running = (done: number, of: number) => ({ kind: 'targets' as const, file_name: '名录.csv', done, of, rows: 0 })

describe('imports', () => {
  it('B5: credit classes are a kind of their own', () => {
    expect(KINDS.map((row) => row.value)).toContain('credit')
  })

  it('tells nothing before anything is known, and never 100 before the answer', () => {
    expect(percentOf(running(0, 0))).toBe(0)
    expect(percentOf(running(1, 3))).toBe(33)
    expect(percentOf(running(5, 5))).toBe(99)
  })

  it('B5: the rejects come from the server, with the reason column that it writes', () => {
    expect(rejectsUrl('x')).toBe('/api/console/imports/x/rejects')
  })
})
