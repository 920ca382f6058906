/**
 * One submission from the phone to its receipt. Pure of timers and of the page: it can be killed after any line
 * and started again, and doing it twice is harmless.
 *
 *   who am I ─> announce the manifest ─> which files lack? ─> each in pieces (tus.ts) ─> hand it in
 *                     ^──────────────── 409 evidence-missing ─────────────────────────────┘   │
 *                                             the receipt names us and every file? ─> finish  ┴─ no: keep everything
 */
import { Problem, Unreachable, call, isRecord, isSignedOut } from '@/shared/api'
import type { Me } from '@/shared/me'
import { sha256 } from './digest'
import type { Store } from './drafts'
import { isReceiptFor, manifestDigests } from './manifest'
import { sendFile } from './tus'
import type { Evidence, Receipt, Sending } from './types'

export type Outcome =
  | { kind: 'delivered'; receipt: Receipt }
  | { kind: 'waiting'; why: 'network' | 'portal' | 'server' }
  | { kind: 'signed-out' }
  | { kind: 'other-member' }
  | { kind: 'refused'; title: string; action: string }
  | { kind: 'failed'; text: string }

/** Files confirmed so far, of how many. */
export type Report = (done: number, total: number) => void

/** The file in this phone is not the file that was taken, or is gone: retrying cannot help. */
class Damaged extends Error {}

const SAFE = '草稿和照片都还在本机'
const ROUNDS = 3

/**
 * Try once to deliver the visit's submission. Never throws for network or backend answers; whatever happens, the
 * draft and the files stay unless `delivered` is returned.
 */
export async function deliver(store: Store, visitId: string, report: Report = () => {}): Promise<Outcome> {
  const row = await store.sending(visitId)
  if (!row) return already(store, visitId)
  try {
    const me = await call<Me>('GET', '/api/me', { timeoutMs: 15_000 })
    if (me.member_id !== store.member) return { kind: 'other-member' }
    const receipt = await sendAll(store, row, report)
    await store.finish(row, receipt)
    return { kind: 'delivered', receipt }
  } catch (error) {
    return await outcomeOf(store, row, error)
  }
}

async function already(store: Store, visitId: string): Promise<Outcome> {
  const done = await store.delivered(visitId)
  if (done) return { kind: 'delivered', receipt: done.receipt }
  return { kind: 'refused', title: '本机没有待送的提交', action: SAFE }
}

async function sendAll(store: Store, row: Sending, report: Report): Promise<Receipt> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await sendFiles(store, row, await announce(row), report)
    const receipt = await postManifest(store, row)
    if (receipt) return receipt
  }
  throw new Unreachable('server')
}

/** Tell the backend all answers before the first file goes out; gives the files that it lacks. */
async function announce(row: Sending): Promise<string[]> {
  const answer = await call<unknown>('POST', `/api/phone/visits/${row.visitId}/manifests`, { json: row.manifest, timeoutMs: 60_000 })
  if (!isRecord(answer) || answer.submission_id !== row.manifest.submission_id || !Array.isArray(answer.missing)) throw new Unreachable('portal')
  return answer.missing.map(String)
}

async function sendFiles(store: Store, row: Sending, missing: string[], report: Report): Promise<void> {
  const digests = manifestDigests(row.manifest)
  row.stored = digests.filter((digest) => !missing.includes(digest))
  for (const digest of missing) {
    report(row.stored.length, digests.length)
    const piece = await store.evidence(row.visitId, digest)
    if (!piece) throw new Damaged('服务器缺一个文件，而本机也没有。如果是同事拍的，请他联网打开这次检查；否则请返回修改并重拍')
    await sendPiece(store, row, piece)
    row.stored.push(digest)
    await store.putSending(row)
  }
  report(row.stored.length, digests.length)
}

async function sendPiece(store: Store, row: Sending, piece: Evidence): Promise<void> {
  if ((await sha256(await piece.blob.arrayBuffer())) !== piece.digest) throw new Damaged('一个文件在本机已损坏，请返回修改并重拍')
  await sendEvidence(piece, row.urls?.[piece.digest], async (url) => {
    row.urls = { ...row.urls, [piece.digest]: url }
    await store.putSending(row)
  })
}

/** One file to the visit; `begun` is told where it lies, so that another day goes on from there. */
export async function sendEvidence(piece: Evidence, url?: string, begun: (url: string) => Promise<void> = async () => {}): Promise<void> {
  const { place } = piece
  const where: Record<string, string> = place ? { lat: String(place.lat), lon: String(place.lon), accuracy: String(place.accuracy) } : {}
  await sendFile({
    endpoint: `/api/phone/visits/${piece.visitId}/uploads`, blob: piece.blob, url, begun,
    metadata: { kind: piece.kind, digest: piece.digest, taken_at: piece.takenAt, ...where },
  })
}

/** The receipt; or null when the backend lacks files: then all begins again. */
async function postManifest(store: Store, row: Sending): Promise<Receipt | null> {
  row.maybeArrived = true
  await store.putSending(row)
  try {
    const answer = await call<unknown>('POST', `/api/phone/visits/${row.visitId}/submissions`, { json: row.manifest, timeoutMs: 60_000 })
    if (!isReceiptFor(row.manifest, answer)) throw new Unreachable('portal')
    return answer
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'evidence-missing')) throw error
    row.maybeArrived = false
    await store.putSending(row)
    return null
  }
}

async function outcomeOf(store: Store, row: Sending, error: unknown): Promise<Outcome> {
  if (error instanceof Unreachable) return { kind: 'waiting', why: error.why }
  if (isSignedOut(error)) return { kind: 'signed-out' }
  if (error instanceof Problem && error.passing) return { kind: 'waiting', why: 'server' }
  if (error instanceof Problem) return await refuse(store, row, error.message, error.action || SAFE, error.code)
  if (error instanceof Damaged) return await refuse(store, row, error.message, SAFE, 'damaged')
  throw error
}

async function refuse(store: Store, row: Sending, title: string, action: string, code: string): Promise<Outcome> {
  row.refused = { title, action, code }
  // A clear no: the backend holds nothing of this submission, so editing it again is safe.
  row.maybeArrived = code === 'submission-conflict'
  await store.putSending(row)
  return { kind: 'refused', title, action }
}
