/** The queue goes on by itself: after a wait, when the network is back, and never twice at once. */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Store, openStore } from '@/phone/drafts'
import { manifestOf } from '@/phone/manifest'
import { type Progress, UploadQueue } from '@/phone/queue'
import { FakeBackend, problem } from './fakeBackend'
import { MEMBER, sampleDraft, sampleVisit } from './samples'

let store: Store
let backend: FakeBackend
let progress: Record<string, Progress>
let queue: UploadQueue
let delivered: string[]
let stop: () => void

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  store = await openStore(MEMBER)
  backend = new FakeBackend()
  vi.stubGlobal('fetch', backend.fetch)
  progress = {}
  delivered = []
  queue = new UploadQueue(store, progress, (id) => delivered.push(id))
  stop = () => {}
  const draft = { ...sampleDraft(), owner: { mode: 'refused' as const, name: '', digest: '', reason: '拒签' } }
  await store.putSending({ visitId: 'v1', manifest: manifestOf(sampleVisit(), draft, 'test'), stored: [], maybeArrived: false, refused: null })
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const cut = () => {
  throw new TypeError('network')
}

it('retries by itself with a growing wait', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  backend.trouble = cut
  await queue.kick()
  expect(progress.v1).toMatchObject({ phase: 'waiting', outcome: { why: 'network' } })
  const waits = vi.getTimerCount()
  expect(waits).toBe(1)
  backend.trouble = () => null
  vi.advanceTimersByTime(1_999)
  expect(delivered).toEqual([])
  vi.advanceTimersByTime(1)
  await vi.waitFor(() => expect(delivered).toEqual(['v1']))
})

it('goes on at once when the network is back', async () => {
  backend.trouble = cut
  stop = queue.start()
  await vi.waitFor(() => expect(progress.v1?.phase).toBe('waiting'))
  backend.trouble = () => null
  window.dispatchEvent(new Event('online'))
  await vi.waitFor(() => expect(delivered).toEqual(['v1']))
  expect(progress.v1?.phase).toBe('delivered')
})

it('runs once at a time however often it is kicked', async () => {
  await Promise.all([queue.kick(), queue.kick(), queue.kick()])
  expect(delivered).toEqual(['v1'])
  expect(backend.log.filter((line) => line.endsWith('/submissions'))).toHaveLength(1)
})

it('gives a refused submission back to editing, but never one that may have arrived', async () => {
  backend.trouble = (method) => (method === 'POST' ? problem(422, 'invalid') : null)
  await queue.kick()
  expect(progress.v1?.phase).toBe('refused')
  expect(await queue.withdraw('v1')).toBe(true)
  expect(await store.sending('v1')).toBeUndefined()

  await store.putSending({ visitId: 'v1', manifest: manifestOf(sampleVisit(), sampleDraft(), 'test'), stored: [], maybeArrived: true, refused: null })
  expect(await queue.withdraw('v1')).toBe(false)
  expect(await store.sending('v1')).toBeDefined()
})
