/**
 * One file to the backend in pieces (tus 1.0.0, by tus-js-client), over our own way of asking: no redirect is ever
 * followed, and no answer without our header is taken for one of ours (a captive portal says 200 to everything).
 *
 *   known address? ─> HEAD: how far ─> PATCH the rest ┐
 *   none ─> POST (small files with it) ─> PATCH ──────┴─> all there ─> done, or Problem / Unreachable
 */
import { type HttpRequest, type HttpResponse, type HttpStack, Upload } from 'tus-js-client'
import { OURS, Problem, Unreachable, isRecord } from '@/shared/api'

const PIECE_BYTES = 1 << 20
const AT_ONCE_BYTES = 64 << 10
const PATIENCE_MS = 180_000
const PAUSES_MS = [0, 1_000, 3_000]
/** The backend tells these to a client that goes on by itself; when it does not get on, a later time will do. */
const PASSING = new Set(['upload-busy', 'upload-offset', 'upload-checksum', 'digest-mismatch'])

export interface Sent {
  /** Where files of this visit go. */
  endpoint: string
  blob: Blob
  /** kind, digest, taken_at, place. */
  metadata: Record<string, string>
  /** Where the upload lies, if it was begun before. */
  url?: string
  /** Told where the upload lies, so that another day goes on from there. */
  begun: (url: string) => Promise<void>
  /** Bytes the backend may have by now. */
  progress?: (bytes: number) => void
}

/** Send one file whole. Throws Problem when the backend refuses it, Unreachable for everything that may pass. */
export function sendFile({ endpoint, blob, metadata, url, begun, progress }: Sent): Promise<void> {
  return new Promise((resolve, reject) => {
    let saving: Promise<void> = Promise.resolve()
    const upload = new Upload(blob, {
      endpoint, uploadUrl: url, metadata, chunkSize: PIECE_BYTES, retryDelays: PAUSES_MS, httpStack: OWN,
      uploadDataDuringCreation: blob.size <= AT_ONCE_BYTES, storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => {
        if (upload.url && upload.url !== url) saving = begun(upload.url.replace(/^https?:..[^/]+/, ''))
      },
      // A stranger's answer will not be another one in three seconds; a busy file, or a line that was cut, may.
      onShouldRetry: (error) => {
        const why = reasonOf(error)
        return why instanceof Unreachable && why.why !== 'portal' && navigator.onLine !== false
      },
      onProgress: (bytes) => progress?.(bytes),
      onSuccess: () => saving.then(resolve, reject),
      onError: (error) => reject(reasonOf(error)),
    })
    upload.start()
  })
}

function reasonOf(error: Error): Error {
  const { causingError, originalResponse } = error as { causingError?: Error | null; originalResponse?: HttpResponse | null }
  if (causingError instanceof Unreachable) return causingError
  if (!originalResponse) return new Unreachable('network')
  const problem = new Problem(originalResponse.getStatus(), bodyOf(originalResponse))
  return PASSING.has(problem.code) ? new Unreachable('server') : problem
}

function bodyOf(response: HttpResponse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(response.getBody())
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

class OwnRequest implements HttpRequest {
  private readonly headers: Record<string, string> = {}
  private readonly stop = new AbortController()
  constructor(private readonly method: string, private readonly url: string) {}

  getMethod = () => this.method
  getURL = () => this.url
  setHeader = (name: string, value: string) => void (this.headers[name] = value)
  getHeader = (name: string) => this.headers[name]
  setProgressHandler = () => {}
  getUnderlyingObject = () => null
  abort = () => Promise.resolve(this.stop.abort())

  async send(body: Blob | null): Promise<HttpResponse> {
    const timer = setTimeout(() => this.stop.abort(), PATIENCE_MS)
    try {
      const response = await fetch(this.url, {
        method: this.method, headers: this.headers, body, signal: this.stop.signal,
        redirect: 'error', credentials: 'same-origin', cache: 'no-store',
      }).catch(() => {
        throw new Unreachable('network')
      })
      return await answerOf(response)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function answerOf(response: Response): Promise<HttpResponse> {
  const ours = response.headers.has(OURS) && !response.redirected && (!response.ok || response.headers.get('Tus-Resumable') === '1.0.0')
  if (!ours) throw new Unreachable(response.status >= 500 ? 'server' : 'portal')
  const text = await response.text().catch(() => {
    throw new Unreachable('network')
  })
  return {
    getStatus: () => response.status,
    getHeader: (name) => response.headers.get(name) ?? undefined,
    getBody: () => text,
    getUnderlyingObject: () => response,
  }
}

const OWN: HttpStack = { createRequest: (method, url) => new OwnRequest(method, url), getName: () => 'own' }
