/** The parts of a work guide (A6) and the columns of an item (S3附件2), with their titles. */
import type { AnswerKind, Caps, Guide, ItemDraft } from '../api/lists'

export const GUIDE: { key: keyof Guide; text: string; hint: string }[] = [
  { key: 'basis', text: '检查依据', hint: '不填则用清单中的抽查依据' },
  { key: 'content', text: '检查内容', hint: '不填则用清单中的检查内容' },
  { key: 'steps', text: '检查流程', hint: '到场、亮证、查看、记录、签字的先后' },
  { key: 'approval', text: '审批权限', hint: '谁审批检查，谁审批结果' },
  { key: 'publication', text: '公示程序', hint: '由谁、在多少个工作日内、在哪里公示' },
  { key: 'filing', text: '归档方式', hint: '哪些文书和影像，由谁归档，保存多久' },
  { key: 'drawing', text: '抽取方法', hint: '如何抽取对象和人员' },
]

/** The control of classes in a line (A7). */
export function capWords(caps: Caps): string {
  const percent = (share: string) => `${Math.round(Number(share) * 10_000) / 100}%`
  const times = caps.general_frequency ? `、每年不超过 ${caps.general_frequency} 次` : ''
  return `一般事项比例不超过 ${percent(caps.general_ratio)}${times}；重点事项不设上限，但不超过清单的 ${percent(caps.key_share)}`
}

export const KINDS: { value: AnswerKind; text: string }[] = [
  { value: 'yesno', text: '是 / 否' }, { value: 'choice', text: '单选' }, { value: 'number', text: '数字' }, { value: 'text', text: '文字' }, { value: 'date', text: '日期' }, { value: 'table', text: '表格' },
]
export const PHOTOS = [{ value: '', text: '不要求拍照' }, { value: 'always', text: '必须拍照' }, { value: 'no', text: '答“否”须拍照' }] as const
export const COMMENTS = [{ value: '', text: '不要求说明' }, { value: 'no', text: '答“否”须说明' }] as const

type Words = { [K in keyof ItemDraft]: ItemDraft[K] extends string ? K : never }[keyof ItemDraft]

export const SHORT: { key: Words; text: string; hint?: string }[] = [
  { key: 'domain', text: '抽查领域' },
  { key: 'sub_item', text: '抽查子项' },
  { key: 'code', text: '编号', hint: '计划可用编号对应事项' },
  { key: 'subject', text: '抽查对象' },
  { key: 'method', text: '抽查方式' },
  { key: 'ratio', text: '抽查比例', hint: '如 5%、10%(20户)' },
  { key: 'frequency', text: '抽查频次', hint: '如 1次/年' },
  { key: 'ratio_source', text: '比例频次来源', hint: '上级规定，或本级风险评估' },
  { key: 'publication', text: '结果公开方式' },
  { key: 'level', text: '抽查层级' },
  { key: 'skill', text: '检查人员要求' },
]

export const LONG: { key: Words; text: string }[] = [
  { key: 'basis', text: '抽查依据' },
  { key: 'content', text: '抽查内容' },
  { key: 'note', text: '备注' },
]
