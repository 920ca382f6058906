/** One inspector: certificates, skills, leave (B9, B11-B14). */
import { get, post } from '@/shared/api'

export interface Certificate { id: string | null; kind: string; number: string; issuer: string; expires_on: string | null; valid: boolean; withdrawn: boolean }
export interface Leave { id: string; starts_on: string; ends_on: string | null; reason: string }
export interface Person {
  staff_no: string; name: string; userid: string | null; post: string; active: boolean; department: string; kind: string; kind_text: string
  skills: string[]; counts_as: string[]; certificates: Certificate[]; leaves: Leave[]
}
export interface Sync { seen: number; added: string[]; renamed: string[]; left: string[]; returned: string[]; unplaced: string[] }

const one = (staff: string) => `/api/console/inspectors/one/${encodeURIComponent(staff)}`
export const fetchPerson = (staff: string) => get<Person>(one(staff))
export const editPerson = (staff: string, changes: Partial<{ post: string; kind: string; skills: string[]; certificate_no: string; certificate_expires: string }>) => post<unknown>(`${one(staff)}/edit`, changes)
export const addCertificate = (staff: string, body: { kind: string; number: string; issuer: string; expires_on: string }) => post<unknown>(`${one(staff)}/certificates`, body)
export const withdrawCertificate = (staff: string, id: string) => post<unknown>(`${one(staff)}/certificates/${id}/withdraw`)
export const addLeave = (staff: string, body: { starts_on: string; ends_on: string | null; reason: string }) => post<unknown>(`${one(staff)}/leaves`, body)
export const endLeave = (staff: string, id: string, ends_on: string) => post<unknown>(`${one(staff)}/leaves/${id}/end`, { ends_on })
export const fetchExpiring = (until: string) => get<{ rows: { staff_no: string; name: string; department: string; certificate_expires: string | null }[] }>('/api/console/inspectors/expiring', { until })
/** A renewed certificate as its holder sent it from his phone. */
export interface Renewal {
  id: string; name: string; staff_no: string; department: string; kind: string; number: string
  before: string | null; expires_on: string; photo: boolean; asked_at: string; can_decide: boolean
}
const RENEWALS = '/api/console/certificate-renewals'
export const fetchRenewals = () => get<{ rows: Renewal[] }>(RENEWALS)
export const decideRenewal = (id: string, confirmed: boolean, reason: string) => post<unknown>(`${RENEWALS}/${id}/decide`, { confirmed, reason })
export const renewalPhoto = (id: string) => `${RENEWALS}/${id}/photo`

export const syncContacts = () => post<Sync>('/api/console/inspectors/contacts/sync')

export interface Skill { skill: string; items: { id: string; name: string }[]; qualifications: string[]; inspectors: number }
export const fetchSkills = () => get<{ rows: Skill[] }>('/api/console/inspectors/skills')
export const linkSkill = (qualification: string, skill: string) => post<unknown>('/api/console/inspectors/skills/link', { qualification, skill })
export const unlinkSkill = (qualification: string, skill: string) => post<unknown>('/api/console/inspectors/skills/unlink', { qualification, skill })
export const bringBack = (staff: string) => post<unknown>(`${one(staff)}/return`)
