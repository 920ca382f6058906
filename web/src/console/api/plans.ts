/** Plans: approval chain, adjustment, merging, coverage (C1-C12). */
import { get, post } from '@/shared/api'
import { copyOf } from '../copy'

/** C11. */
export const FORMS = ['综合联查', '风险分类联查', '专项整治联查'] as const
export type EntryMode = 'add' | 'rewrite' | 'adjust' | 'propose'

export interface EntryDraft {
  name: string; starts_on: string; ends_on: string; quota: string; department_id: string; partner_ids: string[]; item_text: string
  scope_text: string; frequency: string; risk_note: string; method: string; mode: string; item_ids: string[]; keywords: string[]
  region: string; form: string; base_count: number | null; bureau: string
}

export interface Entry extends Omit<EntryDraft, 'quota'> {
  id: string; year: number; quota_text: string; department: string; partners: string[]; withdrawn: boolean
  merged_into: string | null; revisions: number; tasks: number
}

const BLANK: EntryDraft = {
  name: '', starts_on: '', ends_on: '', quota: '', department_id: '', partner_ids: [], item_text: '', scope_text: '', frequency: '', risk_note: '',
  method: '', mode: '', item_ids: [], keywords: [], region: '', form: '', base_count: null, bureau: '',
}

/** An entry as a draft that may be changed without changing the row; null: a new one within the plan's year. */
export function draftOf(entry: Entry | null, year: number): EntryDraft {
  if (!entry) return copyOf({ ...BLANK, starts_on: `${year}-03-01`, ends_on: `${year}-11-30` })
  const said = Object.fromEntries(Object.keys(BLANK).map((key) => [key, entry[key as keyof Entry] ?? BLANK[key as keyof EntryDraft]]))
  return copyOf({ ...said, quota: entry.quota_text }) as EntryDraft
}

export interface Plan {
  id: string; number: string; year: number; kind: 'annual' | 'special'; kind_text: string; joint: boolean; imported: boolean
  title: string; status: string; status_text: string; department: string; department_id: string; published_at: string | null; filed_on: string | null
  filing_number: string; filing_due: string | null; filing_overdue: boolean; stands: boolean; warnings: string[]
  can: Record<'edit' | 'submit' | 'take_back' | 'collect' | 'send_back' | 'approve' | 'file' | 'publish' | 'adjust', boolean>
}

export interface Step { status: string; status_text: string; at: string; who: string; department: string; note: string }
export interface PlanDetail extends Plan { entries: Entry[]; steps: Step[] }
export interface Revision { number: number; reason: string; at: string; who: string; values: Record<string, unknown> }
export interface Merge { ids: string[]; names: string[]; starts_on: string; ends_on: string; departments: string[]; reasons: string[]; declined: { reason: string; at: string; who: string } | null }
export interface Proposal { id: string; entry_id: string; entry: string; department: string; changes: Record<string, unknown>; before: Record<string, unknown>; reason: string; who: string; status: string; status_text: string; at: string }
export interface CoveredItem {
  item_id: string; name: string; domain: string; code: string; department: string; item_class: string; planned: boolean
  entry_id: string | null; entry: string; how: 'named' | 'code' | 'name' | 'words' | 'maybe' | null; how_text: string; shared: string
}
export interface Coverage {
  year: number; items: number; planned_items: number; rows: CoveredItem[]; never_planned: CoveredItem[]
  departments: { department: string; items: number; planned_items: number; entries: number; joint_planned: number; joint_made: number }[]
  without_joint: string[]; without_joint_made: string[]
}

export const CHAIN = [
  { status: 'draft', text: '部门起草' },
  { status: 'submitted', text: '报送联席办' },
  { status: 'collected', text: '联席办汇总' },
  { status: 'approved', text: '联席会议审定' },
  { status: 'filed', text: '备案' },
] as const

/** The station where a plan stands; one that was sent back stands at the beginning again. */
export const placeOf = (status: string): number => Math.max(0, CHAIN.findIndex((one) => one.status === status))

const of = (id: string) => `/api/console/plans/${id}`
const entry = (id: string) => `/api/console/plan-entries/${id}`
export const fetchPlans = () => get<{ rows: Plan[] }>('/api/console/plans')
export const fetchPlanOf = (id: string) => get<PlanDetail>(of(id))
export const createPlan = (body: { title: string; year: number; kind: string; joint: boolean }) => post<{ id: string }>('/api/console/plans', body)
export const addEntry = (id: string, one: EntryDraft) => post<unknown>(`${of(id)}/entries`, { entries: [one] })
export const rewriteEntry = (id: string, one: EntryDraft) => post<unknown>(entry(id), one)
export const nameItems = (id: string, item_ids: string[]) => post<unknown>(`${entry(id)}/items`, { item_ids })
export const removeEntry = (id: string) => post<unknown>(`${entry(id)}/remove`)
export const movePlan = (id: string, act: string, body: Record<string, string>) => post<{ status_text: string }>(`${of(id)}/${act}`, body)
export const adjustEntry = (id: string, changes: Partial<EntryDraft>, reason: string) => post<unknown>(`${entry(id)}/adjust`, { changes, reason })
export const proposeEntry = (id: string, changes: Partial<EntryDraft>, reason: string) => post<unknown>(`${entry(id)}/propose`, { changes, reason })
export const withdrawEntry = (id: string, reason: string) => post<unknown>(`${entry(id)}/withdraw`, { reason })
export const fetchHistory = (id: string) => get<{ rows: Revision[] }>(`${entry(id)}/history`)
export const fetchMerges = (year: number) => get<{ rows: Merge[] }>(`/api/console/plan-merges/${year}`)
export const mergeEntries = (entry_ids: string[], reason: string) => post<unknown>('/api/console/plan-merges', { entry_ids, reason })
export const declineMerge = (year: number, entry_ids: string[], reason: string) => post<unknown>(`/api/console/plan-merges/${year}/decline`, { entry_ids, reason })
export const fetchProposals = () => get<{ rows: Proposal[] }>('/api/console/plan-proposals')
export const decideProposal = (id: string, accept: boolean) => post<unknown>(`/api/console/plan-proposals/${id}/decide`, { accept })
export const fetchCoverage = (year: number) => get<Coverage>(`/api/console/plan-coverage/${year}`)
