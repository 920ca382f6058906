/** A page's data: loading, there, or a problem; and an act that may not run twice at once. */
import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { showTrouble, troubleOf, type Trouble } from './ask'

export interface Loaded<T> {
  data: ShallowRef<T | null>
  trouble: ShallowRef<Trouble | null>
  loading: Ref<boolean>
  reload: () => Promise<void>
}

/** Load at once and on `reload`; an answer overtaken by a later question is dropped. */
export function useLoaded<T>(fetcher: () => Promise<T>): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const trouble = shallowRef<Trouble | null>(null)
  const loading = ref(true)
  let latest = 0

  async function reload(): Promise<void> {
    const mine = ++latest
    loading.value = true
    try {
      const answer = await fetcher()
      if (mine !== latest) return
      data.value = answer
      trouble.value = null
    } catch (thrown) {
      if (mine === latest) trouble.value = troubleOf(thrown)
    } finally {
      if (mine === latest) loading.value = false
    }
  }

  onBeforeUnmount(() => (latest = -1))
  void reload()
  return { data, trouble, loading, reload }
}

/** Run acts one at a time; problems are shown, and `busy` names the act that runs. */
export function useAct(): { busy: Ref<string>; run: (name: string, act: () => Promise<void>) => Promise<void> } {
  const busy = ref('')
  async function run(name: string, act: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = name
    try {
      await act()
    } catch (thrown) {
      showTrouble(thrown)
    } finally {
      busy.value = ''
    }
  }
  return { busy, run }
}
