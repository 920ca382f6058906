import { describe, expect, it } from 'vitest'
import { cell, csv, rejectsCsv } from '@/console/csv'

describe('rejected rows as CSV', () => {
  it.each(['=1+1', '+8613800000001', '-2', '@SUM(A1)', '\tx', '\r=1', '  =cmd', '＝1', '＋1', '－1', '＠a'])(
    'B5: %j cannot become a formula in a spreadsheet',
    (value) => expect(cell(value)).toBe(`"'${value}"`),
  )

  it('leaves ordinary text as it is', () => {
    expect(cell('某某餐饮店')).toBe('"某某餐饮店"')
    expect(cell('甲-乙')).toBe('"甲-乙"')
    expect(cell('')).toBe('""')
    expect(cell(null)).toBe('""')
  })

  it('keeps quotes, commas and line breaks inside their cell', () => {
    expect(cell('甲"乙",\n丙')).toBe('"甲""乙"",\n丙"')
  })

  it('carries the mark that lets Excel read UTF-8, and one line for each reject', () => {
    const text = rejectsCsv([{ row: 7, field: '统一社会信用代码', value: '=X', reason: '校验码不对' }])
    expect(text.startsWith('\uFEFF')).toBe(true)
    expect(text.slice(1)).toBe('"行号","列","原值","原因"\r\n"7","统一社会信用代码","\'=X","校验码不对"\r\n')
  })

  it('writes a heading even when there is nothing below it', () => {
    expect(csv(['甲'], [])).toBe('\uFEFF"甲"\r\n')
  })
})
