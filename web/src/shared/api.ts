/**
 * The one door to the backend, shared by the phone and the console.
 *
 *   call() ─> fetch(redirect: error) ─> our header, JSON?  ──no──> Unreachable (a captive portal, a broken proxy)
 *                                        │ok ─> value      │not ok ─> Problem (RFC 9457)
 *
 * A 200 that is not our JSON is never success: hotel and mobile networks answer every request with
 * their own page (ODK Collect treats it the same way).
 */

/** The header by which an answer is known as one of ours, whatever status and type a stranger's may have. */
export const OURS = 'Suicha-Answer'

/** The backend said no, and said why: `title` and `action` are Chinese sentences for the person. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly action: string
  readonly params: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super(text(body.title) || `服务器拒绝了这次请求（${status}）`)
    this.name = 'Problem'
    this.status = status
    this.code = text(body.code) || String(status)
    this.detail = text(body.detail)
    this.action = text(body.action)
    this.params = { ...body, ...(isRecord(body.params) ? body.params : {}) }
  }

  /** Whether the very same request may succeed later. */
  get passing(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408
  }
}

/** No answer of ours came back. `network`: nothing came; `portal`: a stranger answered; `server`: a broken gateway. */
export class Unreachable extends Error {
  readonly why: 'network' | 'portal' | 'server'

  constructor(why: 'network' | 'portal' | 'server') {
    super(UNREACHABLE_TEXT[why])
    this.name = 'Unreachable'
    this.why = why
  }
}

const UNREACHABLE_TEXT = {
  network: '网络不通，请稍后再试',
  portal: '收到的不是本系统的答复，可能需要先登录无线网络',
  server: '服务器暂时没有正常答复，请稍后再试',
}

export interface CallOptions {
  /** Sent as application/json. */
  json?: unknown
  /** Sent as it is; its own type becomes the content type. */
  raw?: Blob
  query?: Record<string, string | number | null | undefined>
  timeoutMs?: number
}

/**
 * Send one request and return its JSON.
 * @throws Problem when the backend refuses; Unreachable when no answer of ours arrives.
 */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), options.timeoutMs ?? 30_000)
  try {
    return await read<T>(await send(method, path, options, abort.signal))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Ask for a file that is made for whoever asks: its name and its bytes.
 * @throws as `call` does.
 */
export async function fetchFile(path: string, json: unknown, timeoutMs = 120_000): Promise<{ name: string; data: Blob }> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const answer = await send('POST', path, { json }, abort.signal)
    if (!answer.ok || answer.headers.get('content-type') !== 'application/zip') await read(answer)
    const said = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('content-disposition') ?? '')
    return { name: decodeURIComponent(said?.[1] ?? 'file.zip'), data: await answer.blob() }
  } finally {
    clearTimeout(timer)
  }
}

async function send(method: string, path: string, options: CallOptions, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  let body: BodyInit | undefined
  if (options.raw) {
    body = options.raw
    headers['Content-Type'] = options.raw.type || 'application/octet-stream'
  } else if (method !== 'GET') {
    body = JSON.stringify(options.json ?? {})
    headers['Content-Type'] = 'application/json'
  }
  try {
    return await fetch(path + queryText(options.query), {
      method, headers, body, signal, redirect: 'error', credentials: 'same-origin', cache: 'no-store',
    })
  } catch {
    throw new Unreachable('network')
  }
}

async function read<T>(response: Response): Promise<T> {
  const type = response.headers.get('content-type') ?? ''
  const ours = /^application\/(problem\+)?json\b/i.test(type) && response.headers.has(OURS) && !response.redirected
  if (!ours) throw new Unreachable(response.status >= 500 ? 'server' : 'portal')
  const value = await response.json().catch(() => {
    throw new Unreachable('network')
  })
  if (!response.ok) throw new Problem(response.status, isRecord(value) ? value : {})
  return value as T
}

function queryText(query: CallOptions['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return pairs.length ? `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}` : ''
}

export const get = <T>(path: string, query?: CallOptions['query']) => call<T>('GET', path, { query })
export const post = <T>(path: string, json?: unknown) => call<T>('POST', path, { json })

/** Whether the error means that nobody is signed in here. */
export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.status === 401

/**
 * Leave for the sign-in page and come back here. Coming straight back twice means that signing in does not
 * help: then stay, and return false, so that the page says so and no loop begins.
 */
export function goSignIn(next: string = location.pathname + location.search): boolean {
  const last = Number(sessionStorage.getItem('suicha.signin') ?? 0)
  if (Date.now() - last < 8_000) return false
  sessionStorage.setItem('suicha.signin', String(Date.now()))
  location.assign(`/auth/wecom?next=${encodeURIComponent(next)}`)
  return true
}

/** Signing in helped (or a person asks for it): the next time may go there at once. */
export const signedIn = (): void => sessionStorage.removeItem('suicha.signin')

/** A sentence for the person, whatever went wrong. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) return joined(error.message, error.action)
  // Browsers' own messages are English and help nobody on site.
  if (error instanceof Error && /[\u4e00-\u9fff]/.test(error.message)) return error.message
  return '出了一点问题，请再试一次'
}

/** Sentences one after the other, each with one full stop between. */
export const joined = (...parts: string[]): string => parts.map((part) => part.trim().replace(/。$/, '')).filter(Boolean).join('。')

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
