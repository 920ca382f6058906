import { expect, it } from 'vitest'
import { dayText, daysUntil, officeDay } from '@/shared/dates'

const now = new Date('2026-11-21T19:35:00Z') // 03:35 of the next day in China

it('a moment has its day in China, whatever the phone is set to', () => {
  expect(officeDay(now)).toBe('2026-11-22')
  expect(dayText('2026-11-21T19:35:00Z', now)).toBe('11月22日')
  expect(dayText('2026-11-22T03:35:00+08:00', now)).toBe('11月22日')
  expect(daysUntil('2026-11-22', now)).toBe(0)
})

it('a day is that day, and what is none comes back unchanged', () => {
  expect(dayText('2026-11-21', now)).toBe('11月21日')
  expect(dayText('2027-01-04', now)).toBe('2027年1月4日')
  expect(dayText('Thursday', now)).toBe('Thursday')
  expect(dayText('', now)).toBe('')
})
