/** Made-up visit and draft for the tests. */
import { newDraft } from '@/phone/manifest'
import type { Draft, Question, Visit } from '@/phone/types'

const question = (id: string, more: Partial<Question> = {}): Question => ({ id, text: `问题${id}`, kind: 'yesno', required: true, key: false, ...more })

export function sampleVisit(change: Partial<Visit> = {}): Visit {
  return {
    id: 'v1', number: 'JC-0001', status: 'accepted', status_text: '已接受',
    task: { name: '餐饮抽查', number: 'T-1', starts_on: '2026-11-01', ends_on: '2026-12-20', announced: true },
    target: { name: '样例餐馆', code: '91000000MA00000000', address: '样例路1号', kind: '企业', business_scope: '餐饮', registered_on: '2020-01-02', region: '样例区', contact: null, history: [] },
    leads: true,
    members: [
      { staff_no: 's1', name: '甲一', department: '甲局', leads: true, mobile: '13800000001', accepted: true, mine: true },
      { staff_no: 's2', name: '乙二', department: '乙局', leads: false, mobile: '13800000002', accepted: true, mine: false },
    ],
    my_part: { id: 'p1', status: 'open', status_text: '待检查', returned_reason: null, submission_id: null },
    parts: [],
    items: [{
      task_item_id: 'i1', name: '许可', basis: '', form: { version: 1, title: '许可检查表', questions: [
        question('a', { photo_when: 'no', comment_when: 'no', key: true }),
        question('b', { kind: 'number', min: 0, max: 10, required: false }),
      ] },
    }],
    result_codes: [
      { code: 'ok', text: '未发现问题', needs_detail: false, direct: false },
      { code: 'gone', text: '无法联系', needs_detail: true, direct: true, needs_evidence: true, problem: true },
    ],
    measures: [{ code: 'order', text: '责令改正' }, { code: 'other', text: '其他', needs_detail: true }], evidence: [], deadlines: [], can: { accept: false, submit: true, confirm: false },
    ...change,
  }
}

export const MEMBER = 'm1'
export const UUID = '00000000-0000-4000-8000-000000000001'
export const sampleDraft = (): Draft => newDraft(sampleVisit(), UUID, '2026-11-20T09:00:00.000Z')
