/**
 * One visit open on the phone: what the backend says (or said last), and the draft that is being typed.
 *
 *   load() ─> kept copy at once ─> fresh copy when there is network
 *   draft changed ─> saved at once (a save that is running takes the newest state next) ─> `saved` says so
 */
import { type InjectionKey, computed, inject, reactive, ref, toRaw, watch } from 'vue'
import { get, isSignedOut, sentence } from '@/shared/api'
import { uuid } from './digest'
import { DiskFull } from './drafts'
import { draftDigests, draftFromDelivered, manifestOf, newDraft } from './manifest'
import { keepPicture } from './photos'
import { type RecordingKind, keepRecording } from './recordings'
import { session, useQueue, useStore } from './session'
import type { Delivered, Draft, Visit } from './types'

export type Open = ReturnType<typeof openVisit>
export const OPEN: InjectionKey<Open> = Symbol('open visit')
export const useOpen = (): Open => inject(OPEN)!

/** State and acts of one visit's page. Call `load()` once; everything else is reactive. */
export function openVisit(visitId: string) {
  const store = useStore()
  const visit = ref<Visit | null>(null)
  const draft = ref<Draft | null>(null)
  const delivered = ref<Delivered | null>(null)
  const queued = ref(false)
  const note = reactive({ stale: false, trouble: '', signedOut: false, saving: '' as '' | 'saving' | 'saved' | 'full' | 'failed', savedAt: null as Date | null })

  // A member may fill the form while the leader has not accepted yet; sending waits for the leader.
  const waitsForLeader = computed(() => visit.value?.status === 'assigned' && !visit.value.can.accept && visit.value.my_part?.status === 'open')
  const locked = computed(() => queued.value || !visit.value || visit.value.can.accept || !(visit.value.can.submit || waitsForLeader.value))
  const progress = computed(() => session.progress[visitId] ?? null)

  const saver = draftSaver(note)
  // Only what a person changed is saved: opening a visit must not leave an empty draft behind.
  let known = ''
  watch(draft, (value) => {
    if (!value || locked.value || JSON.stringify(value) === known) return
    known = JSON.stringify(value)
    void saver(value)
  }, { deep: true })

  async function load(): Promise<void> {
    const kept = await store.visit(visitId)
    if (kept) await show(kept.visit)
    await refresh()
  }

  async function refresh(): Promise<void> {
    note.trouble = ''
    try {
      const fresh = await get<Visit>(`/api/phone/visits/${visitId}`)
      await show(fresh)
      note.stale = false
      session.online = true
      await store.putVisit(fresh)
    } catch (error) {
      note.signedOut = isSignedOut(error)
      note.stale = true
      if (!visit.value || !(error instanceof Error && error.name === 'Unreachable')) note.trouble = sentence(error)
    }
  }

  async function show(value: Visit): Promise<void> {
    delivered.value = (await store.delivered(visitId)) ?? null
    queued.value = (await store.sending(visitId)) !== undefined
    const sent = delivered.value?.receipt.submission_id
    if (!draft.value || draft.value.submissionId === sent) {
      draft.value = (await store.draft(visitId)) ?? firstDraft(value, delivered.value)
      known = JSON.stringify(draft.value)
    }
    visit.value = value
  }

  async function addPicture(file: Blob, kind: 'photo' | 'signature'): Promise<string> {
    return await keepPicture(store, visitId, file, kind)
  }

  async function addRecording(file: Blob, kind: RecordingKind): Promise<string> {
    return await keepRecording(store, visitId, file, kind)
  }

  /** Forget a file that no answer uses any more. */
  async function dropPicture(digest: string): Promise<void> {
    if (draft.value && !draftDigests(draft.value).has(digest)) await store.dropEvidence(visitId, digest)
  }

  async function submit(): Promise<void> {
    if (!visit.value || !draft.value) return
    const raw = plain(draft.value)
    raw.savedAt = new Date().toISOString()
    await store.putDraft(raw)
    const manifest = manifestOf(visit.value, raw, navigator.userAgent)
    await store.putSending({ visitId, manifest, stored: [], maybeArrived: false, refused: null })
    queued.value = true
    void useQueue().kick()
  }

  async function backToEditing(): Promise<boolean> {
    const done = await useQueue().withdraw(visitId)
    if (done) queued.value = false
    return done
  }

  return { visitId, visit, draft, delivered, queued, locked, waitsForLeader, progress, note, load, refresh, addPicture, addRecording, dropPicture, submit, backToEditing }
}

function firstDraft(visit: Visit, last: Delivered | null): Draft {
  const at = new Date().toISOString()
  return last ? draftFromDelivered(visit, last, uuid(), at) : newDraft(visit, uuid(), at)
}

/** Saves the newest state, one write at a time; never skips the last one. */
function draftSaver(note: { saving: string; savedAt: Date | null }) {
  const store = useStore()
  let running = false
  let newest: Draft | null = null
  return async (value: Draft): Promise<void> => {
    newest = { ...plain(value), savedAt: new Date().toISOString() }
    if (running) return
    running = true
    note.saving = 'saving'
    try {
      while (newest) {
        const next: Draft = newest
        newest = null
        await store.putDraft(next)
      }
      note.saving = 'saved'
      note.savedAt = new Date()
    } catch (error) {
      note.saving = error instanceof DiskFull ? 'full' : 'failed'
    } finally {
      running = false
    }
  }
}

/** A copy without Vue's wrappers: IndexedDB cannot store those. Drafts hold only JSON. */
const plain = (draft: Draft): Draft => JSON.parse(JSON.stringify(toRaw(draft))) as Draft
