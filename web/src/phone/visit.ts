/**
 * One visit open on the phone: what the backend says (or said last), and the draft that is being typed.
 *
 *   load() ─> kept copy at once ─> fresh copy when there is network
 *   draft changed ─> saved at once (a save that is running takes the newest state next) ─> `saved` says so
 */
import { type InjectionKey, computed, inject, reactive, ref, toRaw, watch } from 'vue'
import { get, isSignedOut, post, sentence } from '@/shared/api'
import { uuid } from './digest'
import { DiskFull } from './drafts'
import { draftDigests, draftFromDelivered, manifestOf, newDraft } from './manifest'
import { keepPicture } from './photos'
import { type RecordingKind, keepRecording } from './recordings'
import { withAdded } from './other'
import { session, useQueue, useStore } from './session'
import { type Shared, countDiffering, entriesOf, hasColleague, meet } from './together'
import type { Delivered, Draft, Item, Visit } from './types'
import { sendEvidence } from './uploads'

export type Open = ReturnType<typeof openVisit>
export const OPEN: InjectionKey<Open> = Symbol('open visit')
export const useOpen = (): Open => inject(OPEN)!

const SHARE_SOON_MS = 2_000
const SHARE_OFTEN_MS = 20_000

/** State and acts of one visit's page. Call `load()` once; everything else is reactive. */
export function openVisit(visitId: string) {
  const store = useStore()
  const visit = ref<Visit | null>(null)
  const draft = ref<Draft | null>(null)
  const delivered = ref<Delivered | null>(null)
  const queued = ref(false)
  let served: Visit | null = null // as the backend said it last
  const note = reactive({ stale: false, trouble: '', signedOut: false, late: 0, saving: '' as '' | 'saving' | 'saved' | 'full' | 'failed', savedAt: null as Date | null })

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
    served = value
    showAdded()
  }

  /** What was added on this phone stands among the visit's items. */
  function showAdded(): void {
    visit.value = served && draft.value ? withAdded(served, draft.value) : served
  }

  /** Take an item that was added on the spot off again; what a colleague may see already, only with network. */
  async function dropItem(item: Item): Promise<void> {
    const shared = served?.items.some((one) => one.task_item_id === item.task_item_id)
    if (shared) await post(`/api/phone/visits/${visitId}/added-items/${item.task_item_id}/drop`)
    if (draft.value) draft.value.added = draft.value.added?.filter((one) => one.task_item_id !== item.task_item_id)
    showAdded()
    if (shared) await refresh()
  }

  let sharing = false
  /** Meet what colleagues typed at the same form. Silent: without network, or refused, everything stays as it is. */
  async function share(): Promise<void> {
    if (sharing || queued.value || !visit.value || !draft.value || !session.online || !hasColleague(visit.value)) return
    sharing = true
    try {
      // What was added here and not handed in in time is no longer asked for.
      const sent = entriesOf(locked.value ? served! : visit.value, plain(draft.value))
      // After the part was handed in only what was typed here and never sent is still of interest.
      if (locked.value && (delivered.value || !sent.length)) return
      const answer = await post<Shared>(`/api/phone/visits/${visitId}/answers`, { entries: sent, added: (draft.value.added ?? []).map((item) => item.added) })
      if (meet(draft.value, sent, answer) && locked.value) await saver(draft.value)
      if (String(answer.items) !== String(served?.items.map((item) => item.task_item_id))) await refresh()
      note.late = answer.closed ? countDiffering(visit.value, draft.value) : 0
      for (const digest of answer.missing) {
        const piece = await store.evidence(visitId, digest)
        if (piece && !answer.closed) await sendEvidence(piece)
      }
    } catch {
      // The next time will do; handing in asks again, and says so.
    } finally {
      sharing = false
    }
  }

  /** While the page is open: soon after something was typed, and now and then to hear of the others. */
  function keepSharing(): () => void {
    let soon: ReturnType<typeof setTimeout> | undefined
    const stop = watch(draft, () => {
      clearTimeout(soon)
      soon = setTimeout(() => void share(), SHARE_SOON_MS)
    }, { deep: true })
    const timer = setInterval(() => document.visibilityState === 'visible' && void share(), SHARE_OFTEN_MS)
    return () => {
      stop()
      clearTimeout(soon)
      clearInterval(timer)
    }
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
    if (done) {
      queued.value = false
      void share()
    }
    return done
  }

  return { visitId, visit, draft, delivered, queued, locked, waitsForLeader, progress, note, load, refresh, share, keepSharing, addPicture, addRecording, dropPicture, showAdded, dropItem, submit, backToEditing }
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
