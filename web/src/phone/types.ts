/** What the phone API says (contract: GET /api/phone/visits, /visits/ID) and what the phone sends back. */

export interface VisitRow {
  id: string
  number: string
  status: string
  status_text: string
  task_name: string
  target_name: string
  address: string
  starts_on: string
  ends_on: string
  leads: boolean
  my_part_status: string
  my_part_status_text: string
  deadline: { due_on: string; kind: string; text: string } | null
  /** The time agreed upon with the owner; lists kept by older pages have none. */
  agreed_at?: string | null
}

/** A column of a table question. */
export interface Column {
  id: string
  text: string
  kind: 'text' | 'number' | 'date' | 'choice'
  options?: string[]
  unit?: string
  required: boolean
}

/** A question appears only if an earlier one is answered so. */
export interface Condition {
  question: string
  is: 'in' | 'not' | 'least' | 'most'
  values: string[]
}

export type TableRow = Record<string, string>

export interface Question {
  id: string
  text: string
  kind: 'yesno' | 'choice' | 'number' | 'text' | 'date' | 'table'
  /** Heading under which it stands. */
  section?: string
  options?: string[]
  columns?: Column[]
  shown_if?: Condition[]
  /** Worth of a "yes" in a scored form. */
  points?: number
  unit?: string
  min?: number
  max?: number
  required: boolean
  key: boolean
  basis?: string
  /** "always", or the answer with which a photo is required. */
  photo_when?: string
  /** The answer with which words are required. */
  comment_when?: string
}

/** What the department answered at the target's last visit: shown beside the question, an answer only once confirmed. */
export interface Earlier {
  visit_number: string
  at: string
  answers: Record<string, { value: string | TableRow[]; comment: string }>
}

export interface Item {
  task_item_id: string
  earlier?: Earlier | null
  name: string
  basis: string
  form: Form
  /** Added on the spot: which item of the list, and why. */
  added?: { item_id: string; reason: string }
}

export interface Form {
  version: number | string
  title: string
  source?: string
  grades?: [string, number][]
  questions: Question[]
}

/** An item of the department's list in force. */
export interface ListedItem {
  item_id: string
  name: string
  subject: string
  basis: string
  form: Form
}

/** What was met on the spot and is on no list: not inspected, a clue. */
export interface OffList {
  matter: string
  content: string
}

export interface Member {
  staff_no: string
  name: string
  department: string
  leads: boolean
  mobile: string
  accepted: boolean
  mine: boolean
}

export interface Part {
  department: string
  status: string
  status_text: string
  result_text: string
  submitted_at: string | null
}

export interface StoredEvidence {
  digest: string
  kind: string
  thumb_url: string
  display_url: string
  taken_at: string | null
}

export interface ResultCode {
  code: string
  text: string
  needs_detail: boolean
  /** A result that stands without the checklist (cannot be reached, refuses): only with evidence (G12). */
  direct: boolean
  /** Stands only after photos were taken. */
  needs_evidence?: boolean
  /** Something is wrong: a measure must follow. */
  problem?: boolean
}

export interface Measure {
  code: string
  text: string
  needs_detail?: boolean
}

export interface Visit {
  id: string
  number: string
  status: string
  status_text: string
  task: { name: string; number: string; starts_on: string; ends_on: string; announced: boolean }
  target: {
    name: string
    code: string
    address: string
    kind: string
    business_scope: string
    registered_on: string
    region: string
    contact: { name: string; phone: string } | null
    /** What else all departments know; kept visits of older versions do not have it. */
    licences?: { name: string; number: string; issuer: string; expires_on: string | null }[]
    open?: { number: string; kind: string; department: string; demand: string; due_on: string; status_text: string }[]
    clues?: { number: string; source: string; matter: string; received_on: string; department: string }[]
    map_url?: string
    history: { published_at: string; department: string; result_text: string; number: string }[]
  }
  /** The papers were destroyed by rule: by which register, and when. */
  destroyed?: { number: string; on: string } | null
  leads: boolean
  /** The owner signs with my department's part; kept visits of older versions do not say it. */
  owner_signs?: boolean
  members: Member[]
  /** Beside the group; kept visits of older versions do not have them. */
  experts?: { name: string; department: string }[]
  entrusted?: string[]
  my_part: { id: string; status: string; status_text: string; returned_reason: string | null; submission_id: string | null } | null
  parts: Part[]
  items: Item[]
  result_codes: ResultCode[]
  measures: Measure[]
  evidence: StoredEvidence[]
  deadlines: { kind: string; text: string; due_on: string; provisional: boolean }[]
  can: { accept: boolean; submit: boolean; confirm: boolean }
}

export interface Answer {
  value: string
  /** The lines of a table question; its value stays empty. */
  rows?: TableRow[]
  comment: string
  photos: string[]
}

/** An answer as one of the department typed it; several at one question: nobody has typed over either of them. */
export interface Version {
  id: string
  value: string | TableRow[]
  comment: string
  photos: string[]
  by: string
  mine: boolean
  typed_at: string
}

/** What this phone knows of what the others typed. */
export interface Together {
  /** By answer key: over which versions the draft's answer was typed, and what stood there (`contentOf`). */
  known: Record<string, { over: string[]; content: string }>
  /** By answer key: what stands at the backend. */
  standing: Record<string, Version[]>
  /** Photos and recordings that stood here once: what was taken away does not come again from a colleague. */
  seen?: string[]
  /** By answer key: a choice among versions that differ, not yet sent. */
  chosen: Record<string, string[]>
}

/** The owner's side of the record: signed with name and picture, or refused with a reason. */
export interface OwnerDraft {
  mode: 'signed' | 'refused'
  name: string
  digest: string
  reason: string
}

/** Everything typed for one visit, kept on the phone until the receipt. */
export interface Draft {
  visitId: string
  submissionId: string
  number: string
  targetName: string
  /** Keyed by `answerKey(task_item_id, question_id)`. */
  answers: Record<string, Answer>
  photos: string[]
  /** Voice, video, papers; drafts of older pages have none. */
  recordings?: string[]
  results: string[]
  /** What each item came to, by task_item_id; drafts of older pages have none. */
  itemResults?: Record<string, string[]>
  resultDetail: string
  measures: string[]
  note: string
  owner: OwnerDraft
  /** staff_no -> digest of the signature's picture. */
  signatures: Record<string, string>
  savedAt: string
  /** Items added on this phone, with their forms; drafts of older pages have none. */
  added?: Item[]
  offList?: OffList[]
  /** Only where a colleague fills the same form. */
  together?: Together
}

export interface Manifest {
  submission_id: string
  answers: { task_item_id: string; question_id: string; value: string | TableRow[]; comment?: string; photos: string[] }[]
  photos: string[]
  recordings?: string[]
  results: string[]
  item_results?: { task_item_id: string; results: string[] }[]
  added_items?: { item_id: string; reason: string }[]
  off_list?: OffList[]
  result_detail: string
  measures: string[]
  note: string
  owner_signature:
    | { kind: 'signed'; name: string; digest: string }
    | { kind: 'refused'; reason: string }
    | null
  inspector_signatures: { staff_no: string; digest: string }[]
  device: { ua: string; saved_at: string }
}

export interface Receipt {
  submission_id: string
  visit_number: string
  received_at: string
  manifest_digest: string
  evidence: string[]
}

/** A file that exists on this phone only, until the receipt. */
export interface Evidence {
  digest: string
  visitId: string
  kind: 'photo' | 'signature' | 'voice' | 'video' | 'file'
  blob: Blob
  thumb: Blob | null
  takenAt: string
  place: Place | null
}

export interface Place {
  lat: number
  lon: number
  /** Metres. */
  accuracy: number
}

/** A submission on its way: the manifest is fixed, only the progress changes. */
export interface Sending {
  visitId: string
  manifest: Manifest
  /** Digests the backend has confirmed. */
  stored: string[]
  /** Where files that are not whole yet lie at the backend, by digest. */
  urls?: Record<string, string>
  /** The manifest went out at least once and no clear no came back: it may have arrived. */
  maybeArrived: boolean
  refused: { title: string; action: string; code: string } | null
}

/** Kept after the receipt: what was delivered, so that a returned part starts from it and not from nothing. */
export interface Delivered {
  visitId: string
  receipt: Receipt
  manifest: Manifest
}

/** What passes between a visit's group and its enterprise. */
export interface OwnerSide {
  number: string
  target_name: string
  announced: boolean
  leads: boolean
  records: { way_text: string; at: string; receiver: string | null; note: string | null }[]
  questions: { id: string; question: string; asked_at: string; answer: string | null }[]
  door: { code: string; url: string; qr: string; expired: boolean; scanned_at: string | null; reason_text: string; note: string | null } | null
  door_reasons: { value: string; text: string }[]
  from_chat: {
    items: { kind: string; status: string; digest: string | null; at: string; by: string }[]
    arrivals: { by: string; at: string; label: string }[]
  }
}
