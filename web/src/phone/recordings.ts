/** Voice, video and papers: known by their first bytes (as the backend does, services/field/recordings.py), kept as they are. */
import { sha256 } from './digest'
import type { Store } from './drafts'
import { NotAPhoto } from './photos'
import { lastPlace } from './place'

export type RecordingKind = 'voice' | 'video' | 'file'

export const KIND_WORDS: Record<RecordingKind, string> = { voice: '录音', video: '录像', file: '文件' }
export const MEGABYTES: Record<RecordingKind, number> = { voice: 20, video: 100, file: 50 }
const REFUSED: Record<RecordingKind, string> = {
  voice: '只能接收手机录制的录音（M4A、MP3、AMR、AAC、WAV）',
  video: '只能接收手机录制的视频（MP4、MOV、3GP）',
  file: '只能接收 PDF，或 Word、Excel、PPT（DOCX、XLSX、PPTX）',
}
/** Bytes as characters -> media type. */
const HEADS: Record<RecordingKind, [RegExp, string][]> = {
  voice: [
    [/^#!AMR/, 'audio/amr'], [/^....ftyp/s, 'audio/mp4'], [/^(ID3|\xff[\xfb\xf3])/, 'audio/mpeg'],
    [/^\xff\xf1/, 'audio/aac'], [/^.{8}WAVE/s, 'audio/wav'], [/^OggS/, 'audio/ogg'], [/^\x1aE\xdf\xa3/, 'audio/webm'],
  ],
  video: [[/^....ftyp/s, 'video/mp4'], [/^\x1aE\xdf\xa3/, 'video/webm']],
  file: [[/^%PDF-/, 'application/pdf'], [/^PK\x03\x04/, 'application/zip']],
}

/** The media type by content, never by name. Throws for anything that is not taken. */
export function recordingType(kind: RecordingKind, head: Uint8Array): string {
  const text = String.fromCharCode(...head)
  const found = HEADS[kind].find(([mark]) => mark.test(text))
  if (!found) throw new NotAPhoto(REFUSED[kind])
  return found[1]
}

/** Store one recording and return its digest: fingerprint first, bytes as they are. Throws NotAPhoto or DiskFull. */
export async function keepRecording(store: Store, visitId: string, file: Blob, kind: RecordingKind): Promise<string> {
  if (file.size > MEGABYTES[kind] * 1_000_000) throw new NotAPhoto(`${KIND_WORDS[kind]}超过 ${MEGABYTES[kind]} MB，请分段录制`)
  const bytes = await file.arrayBuffer()
  const type = recordingType(kind, new Uint8Array(bytes.slice(0, 16)))
  const digest = await sha256(bytes)
  if (await store.evidence(visitId, digest)) return digest
  const blob = new Blob([bytes], { type })
  await store.addEvidence({ digest, visitId, kind, blob, thumb: null, takenAt: new Date().toISOString(), place: lastPlace() })
  return digest
}
