/** The parts of a work guide (A6) and the columns of an item (S3附件2), with their titles. */
import type { Guide, ItemDraft } from '../api/lists'

export const GUIDE: { key: keyof Guide; text: string }[] = [
  { key: 'basis', text: '检查依据' },
  { key: 'content', text: '检查内容' },
  { key: 'steps', text: '检查步骤' },
  { key: 'approval', text: '审批' },
  { key: 'publication', text: '公示' },
  { key: 'filing', text: '归档' },
  { key: 'drawing', text: '抽取' },
]

type Words = { [K in keyof ItemDraft]: ItemDraft[K] extends string ? K : never }[keyof ItemDraft]

export const SHORT: { key: Words; text: string }[] = [
  { key: 'domain', text: '抽查领域' },
  { key: 'sub_item', text: '抽查子项' },
  { key: 'code', text: '事项编码' },
  { key: 'subject', text: '检查对象' },
  { key: 'method', text: '检查方式' },
  { key: 'ratio', text: '抽查比例' },
  { key: 'frequency', text: '抽查频次' },
  { key: 'ratio_source', text: '比例依据' },
  { key: 'publication', text: '公示方式' },
  { key: 'level', text: '实施层级' },
  { key: 'skill', text: '所需专长' },
]

export const LONG: { key: Words; text: string }[] = [
  { key: 'basis', text: '抽查依据' },
  { key: 'content', text: '检查内容' },
  { key: 'note', text: '备注' },
]
