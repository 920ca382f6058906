/** The columns of a plan entry in words, for what changed. */
const TITLES: Record<string, string> = {
  name: '名称', starts_on: '开始', ends_on: '结束', quota: '比例或户数', quota_text: '比例或户数', item_text: '事项', scope_text: '范围', frequency: '频次',
  method: '检查方式', mode: '实施方式', risk_note: '风险说明', department: '部门', partners: '配合部门', region: '区域', keywords: '关键字',
  form: '联查形式', base_count: '基数', bureau: '科室', withdrawn: '撤下', items: '对应事项',
}
const word = (value: unknown): string => (Array.isArray(value) ? value.join('、') : value === true ? '是' : value === false ? '否' : String(value ?? '')) || '空'

/** "比例或户数：10%" for every column that has a word; `before` leaves out what did not change. */
export function changedWords(values: Record<string, unknown>, before: Record<string, unknown> | null = null): string[] {
  const keys = Object.keys(values).filter((key) => TITLES[key] && !(key === 'quota' && 'quota_text' in values))
  const told = before ? keys.filter((key) => word(values[key]) !== word(before[key])) : keys
  return told.map((key) => `${TITLES[key]}：${before ? `${word(before[key])} → ` : ''}${word(values[key])}`)
}
