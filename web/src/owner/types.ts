/** What the backend tells an enterprise. */
export interface OwnerMe {
  targets: { name: string; code: string }[]
  template: string
  messages_left: number
  messages_for_ever: boolean
}

export interface VisitLine {
  id: string
  number: string
  task_name: string
  target_name: string
  starts_on: string
  ends_on: string
  status: string
  status_text: string
}

export interface OwnerVisit extends VisitLine {
  target_code: string
  address: string
  departments: string[]
  items: { department: string; item: string; basis: string }[]
  documents: string[]
  people: { id: string; name: string; department: string; certificate_no: string | null; certified: boolean; leads: boolean }[]
  experts: { name: string; department: string }[]
  entrusted: string[]
  rights: string[]
  office: string
  verify_url: string
  notice_code: string
  confirmed_at: string | null
  /** The papers were destroyed by rule: by which register, and when. */
  destroyed: { number: string; on: string } | null
  can_rate: boolean
  can_recuse: boolean
  decide_within: number
  recusals: { person: string; name: string; ground_text: string; words: string; evidence: number; status: string; status_text: string; answer: string; asked_at: string }[]
  /** What the public reads of this visit: nothing before it is published. */
  published: { number: string; department: string; result_text: string; measure_text: string; problem_free: boolean; published_on: string; corrected_on: string | null }[]
  questions: { question: string; asked_at: string; answer: string | null; answered_at: string | null }[]
}

/** What a department asks an enterprise to mend, and how far it is. */
export interface Rectification {
  id: string
  number: string
  target_name: string
  department: string
  demand: string
  due_on: string
  overdue: boolean
  status: 'open' | 'handed-in' | 'closed'
  status_text: string
  outcome_text: string
  conclusion: string
  can_send: boolean
  most_photos: number
  photos: { digest: string; thumb_url: string; display_url: string }[]
  steps: { at: string; what: string; note: string; due_on: string | null }[]
}
