/**
 * Keeps trying to deliver every submission on this phone, one after the other.
 *
 *   start ─> run all ─> something waits? ─> timer (2 s, doubling to 60 s) ─┐
 *              ^──────── `online`, page visible again, a new submission ───┘
 */
import { sentence } from '@/shared/api'
import type { Store } from './drafts'
import { manifestDigests } from './manifest'
import { type Outcome, deliver } from './uploads'

export interface Progress {
  phase: 'queued' | 'uploading' | Outcome['kind']
  done: number
  total: number
  outcome: Outcome | null
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 60_000

/** `progress` is filled by visit id; pass a Vue reactive object to show it. */
export class UploadQueue {
  private running = false
  private again = false
  private waitMs = FIRST_WAIT_MS
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(
    private readonly store: Store,
    readonly progress: Record<string, Progress>,
    private readonly onDelivered: (visitId: string) => void = () => {},
  ) {}

  /** Listen for the network's return and begin. Returns the function that stops it. */
  start(): () => void {
    const soon = () => {
      if (document.visibilityState !== 'hidden') void this.kick()
    }
    window.addEventListener('online', soon)
    document.addEventListener('visibilitychange', soon)
    void this.kick()
    return () => {
      window.removeEventListener('online', soon)
      document.removeEventListener('visibilitychange', soon)
      this.clearTimer()
    }
  }

  /** Try everything now. A call while it runs makes it run once more afterwards. */
  async kick(): Promise<void> {
    this.again = true
    if (this.running) return
    this.running = true
    this.clearTimer()
    try {
      while (this.again) {
        this.again = false
        await this.runAll()
      }
    } finally {
      this.running = false
      this.schedule()
    }
  }

  /** Take a submission back to editing. False while it is being sent, or when it may already have arrived. */
  async withdraw(visitId: string): Promise<boolean> {
    const row = await this.store.sending(visitId)
    if (this.running || !row || row.maybeArrived) return false
    await this.store.withdraw(visitId)
    delete this.progress[visitId]
    return true
  }

  private async runAll(): Promise<void> {
    for (const row of await this.store.allSending()) {
      if (row.refused) {
        this.progress[row.visitId] = { ...this.blank(manifestDigests(row.manifest).length), phase: 'refused', outcome: { kind: 'refused', ...row.refused } }
        continue
      }
      await this.runOne(row.visitId, manifestDigests(row.manifest).length)
    }
  }

  private async runOne(visitId: string, total: number): Promise<void> {
    const progress = (this.progress[visitId] ??= this.blank(total))
    const report = (done: number, of: number) => Object.assign(this.progress[visitId] ?? progress, { phase: 'uploading', done, total: of })
    // Only the phone's own storage can fail here (a full disk); the retry finds everything as it was.
    const outcome = await deliver(this.store, visitId, report).catch((error: unknown): Outcome => ({ kind: 'failed', text: sentence(error) }))
    Object.assign(this.progress[visitId] ?? progress, { phase: outcome.kind, outcome })
    if (outcome.kind === 'delivered') {
      this.waitMs = FIRST_WAIT_MS
      this.onDelivered(visitId)
    }
  }

  private blank(total: number): Progress {
    return { phase: 'queued', done: 0, total, outcome: null }
  }

  private schedule(): void {
    if (!Object.values(this.progress).some((entry) => entry.phase === 'waiting' || entry.phase === 'failed')) return
    this.timer = setTimeout(() => void this.kick(), this.waitMs)
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS)
  }

  private clearTimer(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }
}
