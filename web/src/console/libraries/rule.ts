/** The rule of a sub-library: its parts, and the rule as one line of words. */
import type { Rule } from '../api/libraries'

export const RULE_FIELDS: { key: keyof Rule; text: string }[] = [
  { key: 'trades', text: '行业' },
  { key: 'keywords', text: '关键字' },
  { key: 'regions', text: '区域' },
  { key: 'classes', text: '信用' },
  { key: 'labels', text: '标签' },
]

/** `nameOf` gives a region's name for its code. */
export const ruleWords = (rule: Rule, nameOf: (code: string) => string = (code) => code): string =>
  RULE_FIELDS.filter(({ key }) => rule[key].length)
    .map(({ key, text }) => `${text} ${rule[key].map((one) => (key === 'regions' ? nameOf(one) : one)).join('、')}`)
    .join('；')
