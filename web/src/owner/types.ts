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
  people: { name: string; department: string; certificate_no: string | null; certified: boolean; leads: boolean }[]
  rights: string[]
  office: string
  verify_url: string
  notice_code: string
  confirmed_at: string | null
  can_rate: boolean
  questions: { question: string; asked_at: string; answer: string | null; answered_at: string | null }[]
}
