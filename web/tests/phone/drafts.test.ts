// @vitest-environment node
/** What is typed survives; nobody sees another member's drafts; a full disk is said plainly. */
import 'fake-indexeddb/auto'
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { beforeEach, expect, it, vi } from 'vitest'
import { DiskFull, openStore } from '@/phone/drafts'
import { draftFromDelivered, isReceiptFor, manifestDigests, manifestOf } from '@/phone/manifest'
import { NotAPhoto, keepPicture, pictureType } from '@/phone/photos'
import { MEMBER, UUID, sampleDraft, sampleVisit } from './samples'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])

it('a draft survives a reload word for word', async () => {
  const first = await openStore(MEMBER)
  const draft = sampleDraft()
  draft.answers['i1/a'] = { value: 'no', comment: '冷库温度偏高', photos: ['d1'] }
  await first.putDraft(draft)
  first.close()
  const second = await openStore(MEMBER)
  expect(await second.draft('v1')).toEqual(draft)
  expect((await second.drafts()).map((each) => each.visitId)).toEqual(['v1'])
})

it('another member on the same phone sees none of it', async () => {
  await (await openStore(MEMBER)).putDraft(sampleDraft())
  const other = await openStore('m2')
  expect(await other.draft('v1')).toBeUndefined()
  expect(await other.drafts()).toEqual([])
})

it('a full disk is said plainly and harms nothing saved before', async () => {
  const store = await openStore(MEMBER)
  await store.putDraft(sampleDraft())
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  await expect(store.putDraft({ ...sampleDraft(), note: '新的' })).rejects.toBeInstanceOf(DiskFull)
  vi.restoreAllMocks()
  expect((await store.draft('v1'))?.note).toBe('')
})

it('a photo keeps its bytes under their SHA-256, twice is one', async () => {
  const store = await openStore(MEMBER)
  const digest = await keepPicture(store, 'v1', new Blob([JPEG]), 'photo')
  expect(await keepPicture(store, 'v1', new Blob([JPEG]), 'photo')).toBe(digest)
  const kept = (await store.evidence('v1', digest))!
  expect(new Uint8Array(await kept.blob.arrayBuffer())).toEqual(JPEG)
  expect(kept.blob.type).toBe('image/jpeg')
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
})

it('takes pictures by content, and says what to do about HEIC', () => {
  expect(pictureType(JPEG)).toBe('image/jpeg')
  const heic = new TextEncoder().encode('\0\0\0\x18ftypheic0000')
  expect(() => pictureType(heic)).toThrow(/HEIC/)
  expect(() => pictureType(new TextEncoder().encode('<html>'))).toThrow(NotAPhoto)
})

it('the manifest holds only answers of the visit, in its order, and every file once', () => {
  const draft = sampleDraft()
  draft.answers = { 'i1/b': { value: '3', comment: ' ', photos: ['d1'] }, 'i1/a': { value: 'yes', comment: '', photos: [] }, 'i9/z': { value: 'x', comment: '', photos: ['d9'] } }
  draft.photos = ['d1', 'd2']
  draft.owner = { mode: 'refused', name: '', digest: 'd8', reason: ' 不在场 ' }
  draft.signatures = { s1: 'd3' }
  const manifest = manifestOf(sampleVisit(), draft, 'ua')
  expect(manifest.answers.map((answer) => answer.question_id)).toEqual(['a', 'b'])
  expect(manifest.answers[1]).toEqual({ task_item_id: 'i1', question_id: 'b', value: '3', photos: ['d1'] })
  expect(manifest.owner_signature).toEqual({ kind: 'refused', reason: '不在场' })
  expect(manifestDigests(manifest)).toEqual(['d1', 'd2', 'd3'])
  expect(manifestOf(sampleVisit({ leads: false }), draft, 'ua').owner_signature).toBeNull()
  expect(manifestOf(sampleVisit({ leads: false, owner_signs: true }), draft, 'ua').owner_signature).toEqual(manifest.owner_signature)
})

it('a returned part starts from what was delivered, with a new number and no old signatures', () => {
  const draft = sampleDraft()
  draft.answers = { 'i1/a': { value: 'no', comment: '旧', photos: ['d1'] } }
  draft.signatures = { s1: 'd3' }
  const manifest = manifestOf(sampleVisit(), draft, 'ua')
  const receipt = { submission_id: UUID, visit_number: 'n', received_at: 'x', manifest_digest: 'x', evidence: [] }
  const next = draftFromDelivered(sampleVisit(), { visitId: 'v1', receipt, manifest }, 'new-id', 'now')
  expect(next.answers).toEqual(draft.answers)
  expect(next.submissionId).toBe('new-id')
  expect(next.signatures).toEqual({})
})

it('a receipt is only what names us and every file', () => {
  const manifest = manifestOf(sampleVisit(), { ...sampleDraft(), photos: ['d1'], signatures: { s1: 'd2' }, owner: { mode: 'refused', name: '', digest: '', reason: 'x' } }, 'ua')
  const good = { submission_id: UUID, visit_number: 'n', received_at: 't', manifest_digest: 'm', evidence: ['d2', 'd1'] }
  expect(isReceiptFor(manifest, good)).toBe(true)
  for (const bad of [null, 'ok', {}, { ...good, evidence: ['d1'] }, { ...good, manifest_digest: '' }, { ...good, submission_id: 'x' }]) {
    expect(isReceiptFor(manifest, bad)).toBe(false)
  }
})
