/**
 * The phone's own state: who holds it, their storage, their upload queue, whether there is network.
 *
 *   begin() ─> GET /api/me (and the list) ── ok ──> remember, open store, start queue
 *                 ├─ 401 ─> sign-in page (drafts stay)
 *                 └─ no network ─> the member remembered from last time, offline
 */
import { reactive, shallowRef } from 'vue'
import { get, goSignIn, isSignedOut, sentence, signedIn } from '@/shared/api'
import type { Me } from '@/shared/me'
import { type Store, openStore } from './drafts'
import { type Progress, UploadQueue } from './queue'
import type { VisitRow } from './types'

const REMEMBERED = 'suicha.phone.me'

export const session = reactive({
  state: 'starting' as 'starting' | 'ready' | 'leaving' | 'failed',
  trouble: '',
  me: null as Me | null,
  online: navigator.onLine,
  /** Office clock minus phone clock, milliseconds. */
  skewMs: 0,
  progress: {} as Record<string, Progress>,
  delivered: 0,
})

const storeRef = shallowRef<Store | null>(null)
const queueRef = shallowRef<UploadQueue | null>(null)

/** The member's storage; only after `session.state` is "ready". */
export const useStore = (): Store => storeRef.value!
export const useQueue = (): UploadQueue => queueRef.value!

/** The office's time now. */
export const officeNow = (): Date => new Date(Date.now() + session.skewMs)

const LIST = '/api/phone/visits'
let together: Promise<{ visits: VisitRow[] }> | null = null

/** The visits; the first time what was asked for together with who this is: on a slow line one way less. */
export function askList(): Promise<{ visits: VisitRow[] }> {
  const asked = together ?? get<{ visits: VisitRow[] }>(LIST)
  together = null
  return asked
}

/** Find out who this is, then open everything. Ends in `ready`, `leaving` (to sign in) or `failed` (said plainly). */
export async function begin(): Promise<void> {
  window.addEventListener('online', () => (session.online = true))
  window.addEventListener('offline', () => (session.online = false))
  if (/^\/m\/?$/.test(location.pathname)) {
    together = get(LIST)
    together.catch(() => {}) // said by the list, or by who this is not
  }
  try {
    const me = await whoHoldsThis()
    if (!me) return
    session.me = me
    storeRef.value = await openStore(me.member_id)
    queueRef.value = new UploadQueue(storeRef.value, session.progress, () => (session.delivered += 1))
    queueRef.value.start()
    document.addEventListener('visibilitychange', () => void sameHands())
    session.state = 'ready'
    void navigator.storage?.persist?.()
  } catch (error) {
    const forbidden = error instanceof DOMException
    fail(forbidden ? '浏览器不允许在本机保存内容（可能是无痕模式），请换普通模式打开' : sentence(error))
  }
}

async function whoHoldsThis(): Promise<Me | null> {
  try {
    const me = await get<Me>('/api/me')
    session.skewMs = Date.parse(me.now) - Date.now() || 0
    localStorage.setItem(REMEMBERED, JSON.stringify(me))
    signedIn()
    return me
  } catch (error) {
    if (isSignedOut(error)) return leave()
    const remembered = localStorage.getItem(REMEMBERED)
    if (!remembered) throw error
    session.online = false
    return JSON.parse(remembered) as Me
  }
}

/** Somebody else signed in meanwhile in this browser: start again as them, so that no draft mixes. */
async function sameHands(): Promise<void> {
  if (document.visibilityState === 'hidden') return
  const me = await get<Me>('/api/me').catch(() => null)
  if (me && me.member_id !== session.me?.member_id) location.reload()
}

function leave(): null {
  session.state = 'leaving'
  if (!goSignIn()) fail('登录没有成功。请从企业微信的任务消息重新进入；本机的草稿都还在')
  return null
}

/** Go and sign in again; everything on the phone stays. */
export function signInAgain(): void {
  signedIn()
  goSignIn()
}

function fail(text: string): void {
  session.state = 'failed'
  session.trouble = text
}
