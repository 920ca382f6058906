/** A backend in one function for `fetch`: it keeps files by digest and gives receipts, and can be told to misbehave. */
import { createHash } from 'node:crypto'
import { manifestDigests } from '@/phone/manifest'
import type { Manifest } from '@/phone/types'
import { MEMBER } from './samples'

export type Answer = { status?: number; type?: string; body: string }
const json = (value: unknown, status = 200): Answer => ({ status, type: 'application/json', body: JSON.stringify(value) })
export const problem = (status: number, code: string, more: object = {}): Answer =>
  ({ status, type: 'application/problem+json', body: JSON.stringify({ title: '不行', status, code, detail: '', action: '照片都在', ...more }) })
export const PORTAL: Answer = { status: 200, type: 'text/html; charset=utf-8', body: '<html>请登录无线网络</html>' }

export class FakeBackend {
  member = MEMBER
  files = new Map<string, Uint8Array>()
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
    const answer = this.trouble(method, url.pathname) ?? (await this.act(method, url, init?.body))
    if (this.cutAfter(method, url.pathname)) throw new TypeError('network')
    return new Response(answer.body, { status: answer.status ?? 200, headers: { 'content-type': answer.type ?? 'application/json' } })
  }

  private async act(method: string, url: URL, body: unknown): Promise<Answer> {
    if (url.pathname === '/api/me') return json({ member_id: this.member, now: '2026-11-20T09:00:00+08:00' })
    const file = /\/evidence\/([0-9a-f]{64})$/.exec(url.pathname)
    if (method === 'PUT' && file) return await this.keep(file[1]!, body as Blob)
    if (url.pathname.endsWith('/submissions')) return this.submit(JSON.parse(String(body)) as Manifest)
    return problem(404, 'not-found')
  }

  private async keep(digest: string, blob: Blob): Promise<Answer> {
    const bytes = new Uint8Array(await blob.arrayBuffer())
    if (createHash('sha256').update(bytes).digest('hex') !== digest) return problem(422, 'digest-mismatch')
    this.files.set(digest, bytes)
    return json({ digest, kind: 'photo', thumb_url: '', display_url: '', stored: true })
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
