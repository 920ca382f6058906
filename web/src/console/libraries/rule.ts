/** The rule of a sub-library: its parts, and the rule as one line of words. */
import type { Rule } from '../api/libraries'

export const RULE_FIELDS: { key: keyof Rule; text: string; hint: string }[] = [
  { key: 'trades', text: '行业', hint: '如 H 或 H61，回车' },
  { key: 'keywords', text: '关键字', hint: '名称或经营范围中的词，回车' },
  { key: 'regions', text: '区划代码', hint: '如 370102，回车' },
  { key: 'classes', text: '信用', hint: 'A、B、C 或 D，回车' },
  { key: 'labels', text: '标签', hint: '如 重点监管，回车' },
]

export const ruleWords = (rule: Rule): string =>
  RULE_FIELDS.filter(({ key }) => rule[key].length).map(({ key, text }) => `${text} ${rule[key].join('、')}`).join('；')
