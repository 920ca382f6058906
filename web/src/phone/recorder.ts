/**
 * Voice and video recorded on the page itself: on phones whose file button records nothing (an iPhone's voice), and
 * without leaving the form.
 *
 *   record(kind) ─> microphone (and camera) ─> pieces every second ─> stop() | too large | page hidden ─> one file
 */
import { MEGABYTES, type RecordingKind } from './recordings'

export type Recorded = Exclude<RecordingKind, 'file'>

/** What plays on every phone first; a browser that makes neither takes its own (WebM). */
const TYPES: Record<Recorded, string[]> = {
  voice: ['audio/mp4;codecs=mp4a.40.2'],
  video: ['video/mp4;codecs=avc1.42E01E,mp4a.40.2'],
}
const BITS = { voice: { audioBitsPerSecond: 64_000 }, video: { audioBitsPerSecond: 64_000, videoBitsPerSecond: 1_500_000 } }
const PIECE_MS = 1_000
const ROOM = 0.95 // of what is taken: the last piece must still fit

export interface Recording {
  stream: MediaStream
  /** The file, once it was stopped: by hand, by the size that is taken, or because the page went out of sight. */
  file: Promise<Blob>
  stop(): void
  /** Stop, and nobody wants the file. */
  drop(): void
}

/** Whether this browser records at all. */
export const canRecord = (): boolean => typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices?.getUserMedia

/** Begin to record. Throws what the browser throws where microphone or camera are refused or missing. */
export async function record(kind: Recorded): Promise<Recording> {
  const video = kind === 'video' && { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video })
  const mimeType = TYPES[kind].find((one) => MediaRecorder.isTypeSupported(one))
  const recorder = new MediaRecorder(stream, { ...BITS[kind], ...(mimeType ? { mimeType } : {}) })
  const pieces: Blob[] = []
  let size = 0
  const stop = () => recorder.state !== 'inactive' && recorder.stop()
  const hidden = () => document.visibilityState === 'hidden' && stop()
  const file = new Promise<Blob>((resolve, reject) => {
    recorder.ondataavailable = ({ data }) => {
      pieces.push(data)
      size += data.size
      if (size > MEGABYTES[kind] * 1_000_000 * ROOM) stop()
    }
    recorder.onerror = () => reject(new Error('录制中断，请再录一次'))
    recorder.onstop = () => resolve(new Blob(pieces, { type: recorder.mimeType }))
  }).finally(() => {
    document.removeEventListener('visibilitychange', hidden)
    stream.getTracks().forEach((track) => track.stop())
  })
  document.addEventListener('visibilitychange', hidden)
  recorder.start(PIECE_MS)
  return { stream, file, stop, drop: () => { file.catch(() => {}); stop() } }
}
