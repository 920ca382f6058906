/** A backend in one function for `fetch`: it keeps files by digest and gives receipts, and can be told to misbehave. */
import { createHash } from 'node:crypto'
import { manifestDigests } from '@/phone/manifest'
import type { Manifest } from '@/phone/types'
import { MEMBER } from './samples'

export type Answer = { status?: number; type?: string; body: string; headers?: Record<string, string>; stranger?: boolean }
const json = (value: unknown, status = 200): Answer => ({ status, type: 'application/json', body: JSON.stringify(value) })
export const problem = (status: number, code: string, more: object = {}): Answer =>
  ({ status, type: 'application/problem+json', body: JSON.stringify({ title: '不行', status, code, detail: '', action: '照片都在', ...more }) })
export const PORTAL: Answer = { status: 200, type: 'text/html; charset=utf-8', body: '<html>请登录无线网络</html>', stranger: true }

export class FakeBackend {
  member = MEMBER
  files = new Map<string, Uint8Array>()
  arriving = new Map<string, Uint8Array>()
  sizes = new Map<string, number>()
  records: Manifest[] = []
  log: string[] = []
  /** Return an answer to misbehave, throw to cut the line (before the backend acts), null to behave. */
  trouble: (method: string, path: string) => Answer | null = () => null
  /** Cut the line after the backend has acted. */
  cutAfter: (method: string, path: string) => boolean = () => false

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input), 'http://127.0.0.1')
    const method = init?.method ?? 'GET'
    this.log.push(`${method} ${url.pathname}`)
    const answer = this.trouble(method, url.pathname) ?? (await this.act(method, url, init?.body, new Headers(init?.headers)))
    if (this.cutAfter(method, url.pathname)) throw new TypeError('network')
    const ours: Record<string, string> = answer.stranger ? {} : { 'Suicha-Answer': '1' }
    const status = answer.status ?? 200
    const body = status === 204 || method === 'HEAD' ? null : answer.body
    return new Response(body, { status, headers: { 'content-type': answer.type ?? 'application/json', ...ours, ...answer.headers } })
  }

  private async act(method: string, url: URL, body: unknown, headers: Headers): Promise<Answer> {
    if (url.pathname === '/api/me') return json({ member_id: this.member, now: '2026-11-20T09:00:00+08:00' })
    if (url.pathname.includes('/uploads')) return await this.piece(method, url.pathname, body as Blob | null, headers)
    if (url.pathname.endsWith('/manifests')) return this.announce(JSON.parse(String(body)) as Manifest)
    if (url.pathname.endsWith('/submissions')) return this.submit(JSON.parse(String(body)) as Manifest)
    return problem(404, 'not-found')
  }

  /** tus as the backend speaks it: an upload's address ends with its digest. */
  private async piece(method: string, path: string, body: Blob | null, headers: Headers): Promise<Answer> {
    const told = Object.fromEntries((headers.get('Upload-Metadata') ?? '').split(',').map((pair) => pair.split(' ')))
    const digest = method === 'POST' ? atob(told.digest) : path.slice(-64)
    const whole = this.files.get(digest)
    const old = whole ?? this.arriving.get(digest) ?? new Uint8Array()
    const size = method === 'POST' ? Number(headers.get('Upload-Length')) : this.sizes.get(digest)
    if (size === undefined) return problem(404, 'not-found')
    this.sizes.set(digest, size)
    if (method === 'PATCH' && Number(headers.get('Upload-Offset')) !== old.length) return problem(409, 'upload-offset')
    const more = body && !whole ? new Uint8Array(await body.arrayBuffer()) : new Uint8Array()
    const now = new Uint8Array([...old, ...more])
    this.arriving.set(digest, now)
    if (now.length === size && createHash('sha256').update(now).digest('hex') !== digest) return problem(422, 'digest-mismatch')
    if (now.length === size) this.files.set(digest, now)
    const tus = { 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(now.length), 'Upload-Length': String(size), Location: `/api/phone/visits/v1/uploads/${digest}` }
    return { status: method === 'POST' ? 201 : method === 'HEAD' ? 200 : 204, body: '{}', headers: tus }
  }

  private announce(manifest: Manifest): Answer {
    const missing = manifestDigests(manifest).filter((digest) => !this.files.has(digest))
    return json({ submission_id: manifest.submission_id, manifest_digest: 'x', missing })
  }

  private submit(manifest: Manifest): Answer {
    const missing = manifestDigests(manifest).filter((digest) => !this.files.has(digest))
    if (missing.length) return problem(409, 'evidence-missing', { params: { missing } })
    const old = this.records.find((record) => record.submission_id === manifest.submission_id)
    if (old && JSON.stringify(old) !== JSON.stringify(manifest)) return problem(409, 'submission-conflict')
    if (!old) this.records.push(manifest)
    return json({
      submission_id: manifest.submission_id, visit_number: 'JC-0001', received_at: '2026-11-20T09:01:00+08:00',
      manifest_digest: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'), evidence: manifestDigests(manifest),
    })
  }
}
