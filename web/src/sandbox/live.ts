/**
 * Keeping up: server-sent events tell that something changed; where they do not come through, a poll every 3 s.
 *
 *   event | poll tick -> (at most every 300 ms) -> changed(notes)
 */

export interface Note {
  kind: string
  member?: string
  owner?: string
}

const GATHER_MS = 300
const POLL_MS = 3_000

/** Call `changed` with what happened since the last call; returns how to stop. `connected` says whether events come. */
export function follow(url: string, changed: (notes: Note[]) => void, connected: (is: boolean) => void): () => void {
  let notes: Note[] = []
  let gathering: ReturnType<typeof setTimeout> | undefined
  const stream = new EventSource(url)

  const flush = () => {
    gathering = undefined
    const told = notes
    notes = []
    changed(told)
  }
  const tell = (note: Note) => {
    notes.push(note)
    gathering ??= setTimeout(flush, GATHER_MS)
  }

  stream.onopen = () => {
    connected(true)
    tell({ kind: 'reload' }) // whatever happened while nobody listened
  }
  stream.onerror = () => connected(false)
  stream.onmessage = (event: MessageEvent<string>) => tell(JSON.parse(event.data) as Note)
  const poll = setInterval(() => {
    if (stream.readyState !== EventSource.OPEN) tell({ kind: 'reload' })
  }, POLL_MS)

  return () => {
    stream.close()
    clearInterval(poll)
    clearTimeout(gathering)
  }
}
