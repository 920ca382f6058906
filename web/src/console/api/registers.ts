/** The two libraries, the item list and the annual plan. */
import { shallowRef } from 'vue'
import { get, post } from '@/shared/api'

export interface Target {
  code: string
  name: string
  kind: string
  region: string
  address: string
  status: string
  status_text: string
  credit_class: string
  category_text: string
  region_code: string
  trade: string
  trade_text: string
  labels: string[]
}

export interface Inspector {
  staff_no: string
  name: string
  department: string
  kind: string
  kind_text: string
  skills: string[]
  certificate_expires: string | null
  on_leave: unknown
  active: boolean
  post: string
  userid: string | null
}

export interface Item {
  id: string
  domain: string
  name: string
  department: string
  partners: string[]
  item_class: string
  subject: string
  basis: string
}

export interface PlanEntry {
  id: string
  name: string
  item_text: string
  scope_text: string
  quota_text: string
  frequency: string
  department: string
  partners: string[]
  starts_on: string
  ends_on: string
  mode: string
  tasks: { id: string; number: string; status: string }[]
}

export interface TargetQuery {
  q: string
  region: string
  status: string
  trade: string
  credit_class: string
  category: string
  /** The code of the last row seen: the next page begins behind it, however deep. */
  after: string
}

interface TargetPage {
  total: number
  more_than_total: boolean
  next: string | null
  page_size: number
  rows: Target[]
}

export const fetchTargets = (query: TargetQuery) => get<TargetPage>('/api/console/targets', { ...query })
export const fetchInspectors = () => get<{ rows: Inspector[] }>('/api/console/inspectors')
export const fetchItems = () => get<{ rows: Item[] }>('/api/console/items')
export const fetchPlan = () => get<{ rows: PlanEntry[] }>('/api/console/plan')

/** The items in force, read once a page's life for pickers. */
export const items = shallowRef<Item[]>([])
export async function loadItems(): Promise<void> {
  items.value = (await fetchItems()).rows
}

/** A cell of the register's table: its title, and what may stand in it. */
export interface Field { field: string; title: string; note: string; choices: string[] }
export interface TargetForm { common: Field[]; kinds: { word: string; numbered: boolean; fields: Field[] }[] }
export interface TargetCard extends Target {
  identifier_text: string; registered_on: string | null; business_scope: string; source: string
  own: (Field & { value: string })[]
  duty: { judged: boolean; department: string; decided: string; claims: { department: string; why: string; basis: string }[] }
  licences: { id: string; name: string; number: string; issuer: string; expires_on: string | null; long_term: boolean; expired: boolean }[]
  libraries: { name: string; confirmed: boolean }[]
  checks: { year: number; limit: number; counted: number; rows: { on: string; number: string; what: string; by: string; level_text: string; exempt_text: string; counts: boolean }[] } | null
  cells: Record<string, string>
  can: { edit: boolean }
}

export const fetchTarget = (code: string) => get<TargetCard>(`/api/console/targets/${encodeURIComponent(code)}`)
export const fetchTargetForm = () => get<TargetForm>('/api/console/target-form')
export const writeTarget = (code: string, cells: Record<string, string>) => post<{ code: string }>('/api/console/targets', { code, cells })
