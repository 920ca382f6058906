// @vitest-environment node
/** Item 4 of issue 2 on the phone: nothing is success but a receipt, nothing is deleted before it, twice is harmless. */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { sha256 } from '@/phone/digest'
import { type Store, openStore } from '@/phone/drafts'
import { manifestOf } from '@/phone/manifest'
import { deliver } from '@/phone/uploads'
import type { Sending } from '@/phone/types'
import { FakeBackend, PORTAL, problem } from './fakeBackend'
import { MEMBER, UUID, sampleDraft, sampleVisit } from './samples'

let store: Store
let backend: FakeBackend
let digests: string[]

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  store = await openStore(MEMBER)
  backend = new FakeBackend()
  vi.stubGlobal('fetch', backend.fetch)
  digests = []
  for (const kind of ['photo', 'photo', 'photo', 'signature', 'signature'] as const) {
    const bytes = new TextEncoder().encode(`picture ${digests.length}`)
    const digest = await sha256(bytes.buffer)
    digests.push(digest)
    await store.addEvidence({ digest, visitId: 'v1', kind, blob: new Blob([bytes], { type: 'image/jpeg' }), thumb: null, takenAt: '2026-11-20T09:00:00Z', place: null })
  }
  const draft = sampleDraft()
  draft.answers['i1/a'] = { value: 'no', comment: '过期', photos: [digests[0]!] }
  draft.photos = [digests[1]!, digests[2]!]
  draft.results = ['ok']
  draft.owner = { mode: 'signed', name: '样例人', digest: digests[3]!, reason: '' }
  draft.signatures = { s1: digests[4]! }
  await store.putDraft(draft)
  await store.putSending({ visitId: 'v1', manifest: manifestOf(sampleVisit(), draft, 'test'), stored: [], maybeArrived: false, refused: null })
})

const keptAll = async () => {
  expect(await store.draft('v1')).toBeDefined()
  expect(await store.delivered('v1')).toBeUndefined()
  for (const digest of digests) expect(await store.evidence('v1', digest)).toBeDefined()
}
const posts = () => backend.log.filter((line) => line.endsWith('/submissions'))
const begun = () => backend.log.filter((line) => line.startsWith('POST') && line.endsWith('/uploads'))

describe('a submission', () => {
  it('ends with the receipt, and only then the phone lets go', async () => {
    const seen: string[] = []
    const outcome = await deliver(store, 'v1', (done, total) => seen.push(`${done}/${total}`))
    expect(outcome).toMatchObject({ kind: 'delivered', receipt: { submission_id: UUID } })
    expect(seen).toContain('2/5')
    expect([...backend.files.keys()].sort()).toEqual([...digests].sort())
    expect(await store.draft('v1')).toBeUndefined()
    expect(await store.evidence('v1', digests[0]!)).toBeUndefined()
    expect((await store.delivered('v1'))?.manifest.submission_id).toBe(UUID)
  })

  it.each(['/api/me', '/manifests', '/uploads', '/submissions'])('takes no captive portal (200, HTML) for success at %s', async (where) => {
    backend.trouble = (_method, path) => (path.includes(where) ? PORTAL : null)
    expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'portal' })
    await keptAll()
  })

  it('takes no JSON 200 of a stranger for a receipt', async () => {
    backend.trouble = (_method, path) => (path.endsWith('/submissions') ? { body: '{"ok":true}' } : null)
    expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'portal' })
    await keptAll()
  })

  it('takes no receipt that leaves out one file, or names another submission', async () => {
    for (const change of [{ evidence: digests.slice(1) }, { submission_id: 'another' }]) {
      const receipt = { submission_id: UUID, visit_number: 'x', received_at: 'x', manifest_digest: 'x', evidence: digests, ...change }
      backend.trouble = (_method, path) => (path.endsWith('/submissions') ? { body: JSON.stringify(receipt) } : null)
      expect((await deliver(store, 'v1')).kind).toBe('waiting')
      await keptAll()
    }
  })

  it('follows no redirect', async () => {
    const options: RequestInit[] = []
    vi.stubGlobal('fetch', (input: string, init: RequestInit) => (options.push(init), backend.fetch(input, init)))
    await deliver(store, 'v1')
    expect(options.length).toBeGreaterThan(5)
    expect(options.every((init) => init.redirect === 'error')).toBe(true)
  })

  it('announces all answers before the first file, and sends no file that is there', async () => {
    backend.files.set(digests[0]!, new TextEncoder().encode('picture 0'))
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect(backend.log[1]).toMatch(/^POST .*manifests$/)
    expect(begun()).toHaveLength(4)
    expect(posts()).toHaveLength(1)
  })

  it('sends again what the backend lost meanwhile (409 evidence-missing)', async () => {
    let lost = false
    backend.trouble = (_method, path) => {
      if (path.endsWith('/submissions') && !lost) lost = [backend.files, backend.arriving, backend.sizes].every((kept) => kept.delete(digests[1]!))
      return null
    }
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect(begun()).toHaveLength(6)
    expect(posts()).toHaveLength(2)
  })

  it('goes on where a large file was cut, on another day too', async () => {
    const bytes = new Uint8Array(3 << 20).fill(7)
    const digest = await sha256(bytes.buffer)
    await store.addEvidence({ digest, visitId: 'v1', kind: 'photo', blob: new Blob([bytes]), thumb: null, takenAt: '', place: null })
    const row = (await store.sending('v1'))!
    row.manifest.photos.push(digest)
    await store.putSending(row)
    backend.trouble = (method) => {
      return method === 'PATCH' && backend.arriving.get(digest)?.length ? PORTAL : null
    }
    expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'portal' })
    expect((await store.sending('v1'))?.urls?.[digest]).toContain('/uploads/')
    backend.trouble = () => null
    backend.log = []
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect(backend.log.filter((line) => /HEAD|PATCH/.test(line))).toHaveLength(3)
    expect(begun()).toHaveLength(2) // the signatures, which come after the photos
  })

  it('says so when a missing file is nowhere', async () => {
    await store.dropEvidence('v1', digests[0]!)
    expect(await deliver(store, 'v1')).toMatchObject({ kind: 'refused' })
    expect(await store.draft('v1')).toBeDefined()
  })

  it('goes on after a reload without sending the confirmed files again', async () => {
    let left = 2
    backend.trouble = (_method, path) => {
      if (path.endsWith('/uploads') && left-- <= 0) return PORTAL
      return null
    }
    expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'portal' })
    await keptAll()
    store.close()
    store = await openStore(MEMBER)
    backend.trouble = () => null
    backend.log = []
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect(begun()).toHaveLength(3)
  })

  it('makes one record when the receipt is lost on the way and the whole is sent twice', async () => {
    backend.cutAfter = (_method, path) => path.endsWith('/submissions')
    expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'network' })
    expect((await store.sending('v1'))?.maybeArrived).toBe(true)
    await keptAll()
    backend.cutAfter = () => false
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect((await deliver(store, 'v1')).kind).toBe('delivered')
    expect(backend.records).toHaveLength(1)
    expect(posts()).toHaveLength(2)
  })

  it('makes one record when two pages send at once', async () => {
    const outcomes = await Promise.all([deliver(store, 'v1'), deliver(store, 'v1')])
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delivered', 'delivered'])
    expect(backend.records).toHaveLength(1)
  })

  it('does not send a file whose bytes no longer fit its digest', async () => {
    const piece = (await store.evidence('v1', digests[0]!))!
    await store.addEvidence({ ...piece, blob: new Blob(['other bytes']) })
    expect(await deliver(store, 'v1')).toMatchObject({ kind: 'refused', title: expect.stringContaining('损坏') })
    expect(begun()).toHaveLength(0)
    await keptAll()
  })

  it('keeps everything when signed out, refused, or the phone changed hands', async () => {
    backend.trouble = () => problem(401, 'not-signed-in')
    expect(await deliver(store, 'v1')).toEqual({ kind: 'signed-out' })
    backend.trouble = () => null
    backend.member = 'someone-else'
    expect(await deliver(store, 'v1')).toEqual({ kind: 'other-member' })
    expect(begun()).toHaveLength(0)
    backend.member = MEMBER
    backend.trouble = (_method, path) => (path.endsWith('/submissions') ? problem(422, 'invalid') : null)
    expect(await deliver(store, 'v1')).toEqual({ kind: 'refused', title: '不行', action: '照片都在' })
    expect((await store.sending('v1')) satisfies Sending | undefined).toMatchObject({ maybeArrived: false, refused: { code: 'invalid' } })
    await keptAll()
  })

  it('waits when the server is down', async () => {
    for (const status of [500, 503, 429]) {
      backend.trouble = (_method, path) => (path.endsWith('/manifests') ? problem(status, 'busy') : null)
      expect(await deliver(store, 'v1')).toEqual({ kind: 'waiting', why: 'server' })
    }
    await keptAll()
  })
})
