/** What the page knows of the sandbox, kept fresh; and words about the last failure. */
import { ref, shallowRef } from 'vue'
import { fetchState, wordsOf, type SandboxState } from './api'
import type { Note } from './live'

export const state = shallowRef<SandboxState | null>(null)
export const trouble = ref('')
export const connected = ref(false)
/** The newest notes: tabs watch this to know when to ask again. */
export const notes = shallowRef<Note[]>([])

let vanish: ReturnType<typeof setTimeout> | undefined

/** Say what went wrong for a while. */
export function complain(thrown: unknown): void {
  trouble.value = wordsOf(thrown)
  clearTimeout(vanish)
  vanish = setTimeout(() => (trouble.value = ''), 7_000)
}

export async function refresh(): Promise<void> {
  state.value = await fetchState().catch((thrown: unknown) => {
    complain(thrown)
    return state.value
  })
}

export async function heard(told: Note[]): Promise<void> {
  await refresh()
  notes.value = told
}

/** Do something for the person; failures are shown, and true means it was done. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (thrown) {
    complain(thrown)
    return false
  }
}
