/** A subscription message's fields carry their kind in their name (thing1, time2 ...); the template's own labels are not sent. */
const LABELS: Record<string, string> = {
  thing: '内容', number: '数量', letter: '字母', symbol: '符号', character_string: '编号', time: '时间', date: '日期', amount: '金额',
  phone_number: '电话', car_number: '车牌', name: '姓名', phrase: '状态', enum: '类别',
}

/** "time2" -> "时间"; "thing3" -> "内容 3", since things come in numbers; unknown kinds keep their name. */
export function fieldLabel(name: string): string {
  const match = /^([a-z_]+?)(\d+)$/.exec(name)
  const label = match ? LABELS[match[1] ?? ''] : undefined
  if (!match || !label) return name
  return match[1] === 'thing' ? `${label} ${match[2]}` : label
}
