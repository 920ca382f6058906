/** The sandbox's own JSON (bot/sandbox/page_api.py). Everything lies on the page's own origin. */
import { call, get, isRecord, post, Problem, sentence } from '@/shared/api'
import type { Card } from './card'

export interface Department {
  id: number
  name: string
  parentid: number
}

export interface Member {
  userid: string
  name: string
  main_department: number
  position: string
  licensed: boolean
  messages: number
  unread: number
  dropped: number
}

export interface Owner {
  openid: string
  nickname: string
  credits: Record<string, number>
  forever: string[]
  messages: number
}

export interface Fault extends NewFault {
  fired: number
}

export interface MenuButton {
  name: string
  type?: string
  key?: string
  url?: string
  sub_button?: MenuButton[]
}

export interface SandboxState {
  now: string
  settings: { corp_id: string; agent_id: number; callback_url: string; trusted_origin: string; mini_appid: string }
  departments: Department[]
  members: Member[]
  owners: Owner[]
  menu: MenuButton[]
  faults: Fault[]
}

export interface ChatMessage {
  id: string
  time: string
  msgtype: string
  sender: string
  content: Record<string, unknown>
  recalled: boolean
  updated_card: Card | null
  button_text: string
  live_keys: string[]
  clicked: string[]
  read: boolean
}

export interface SubscriptionMessage {
  id: string
  time: string
  template_id: string
  page: string
  data: Record<string, { value: string }>
}

export interface Delivery {
  id: number
  name: string
  member: string
  at: string
  outcome: 'pending' | 'delivered' | 'failed' | 'lost' | 'nowhere'
  tries: { result: string; ms: number }[]
  xml: string
}

export interface NewFault {
  kind: string
  rate: number
  times: number | null
  seconds: number
  path: string
  member: string
  code: number
}

const API = '/sandbox/api'
const member = (userid: string) => `${API}/members/${encodeURIComponent(userid)}`
const owner = (openid: string) => `${API}/owners/${encodeURIComponent(openid)}`

export const fetchState = () => get<SandboxState>(`${API}/state`)
export const fetchChat = (userid: string) => get<{ messages: ChatMessage[] }>(`${member(userid)}/messages`)
export const markRead = (userid: string) => post<unknown>(`${member(userid)}/read`)
export const say = (userid: string, text: string) => post<unknown>(`${member(userid)}/say`, { text })
export type MediaKind = 'image' | 'video' | 'voice' | 'file'
export const sendMedia = (userid: string, type: MediaKind, file: File) =>
  call<unknown>('POST', `${member(userid)}/media`, { raw: file, query: { type, filename: file.name } })
export const sendPlace = (userid: string, latitude: number, longitude: number, label: string) =>
  post<unknown>(`${member(userid)}/location`, { latitude, longitude, label })
export const tapMenu = (userid: string, key: string) => post<unknown>(`${member(userid)}/menu`, { key })
export const click = (userid: string, message_id: string, key: string, selected: Record<string, string[]>) =>
  post<unknown>(`${member(userid)}/click`, { message_id, key, selected })

export const addOwner = (nickname: string) => post<Owner>(`${API}/owners`, { nickname })
export const fetchOwnerMessages = (openid: string) => get<{ messages: SubscriptionMessage[] }>(`${owner(openid)}/messages`)
export const jsCode = (openid: string) => post<{ code: string }>(`${owner(openid)}/js-code`)
export const subscribe = (openid: string, template_id: string, forever: boolean) =>
  post<unknown>(`${owner(openid)}/subscribe`, { template_id, forever })

export const fetchDeliveries = () => get<{ deliveries: Delivery[] }>(`${API}/deliveries`)
export const verifyCallback = () => post<{ ok: boolean; why: string }>(`${API}/verify-callback`)
export const addFault = (fault: NewFault) => post<Fault>(`${API}/faults`, fault)
export const clearFaults = () => call<unknown>('DELETE', `${API}/faults`)

/** A link as a member's phone opens it: the sandbox notes who holds the phone, then goes there. */
export const openAs = (userid: string, url: string) => `/open?${new URLSearchParams({ member: userid, url })}`

/** What went wrong, as the sandbox words it ({"error": {message, action}} or an errcode of WeCom's). */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Problem)) return sentence(thrown)
  const { error, errcode, errmsg } = thrown.params
  if (isRecord(error)) return [error.message, error.action].filter(Boolean).join(' ')
  return errcode === undefined ? sentence(thrown) : `企业微信会拒绝：${errcode} ${errmsg}`
}
