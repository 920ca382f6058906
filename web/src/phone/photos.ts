/**
 * A file from the camera becomes evidence on this phone: fingerprint first, original bytes kept as they are.
 *
 *   File ─> format by its first bytes ─> SHA-256 ─> IndexedDB (blob + small thumbnail) ─> digest for the draft
 */
import { NotAPhoto, pictureType } from '@/shared/pictures'
import { sha256 } from './digest'
import type { Store } from './drafts'
import { lastPlace } from './place'

export { NotAPhoto, pictureType }

const LIMIT_BYTES = 25 * 1024 * 1024
const THUMB_PIXELS = 240

/** Store one picture and return its digest. Throws NotAPhoto, or DiskFull when the phone has no room. */
export async function keepPicture(store: Store, visitId: string, file: Blob, kind: 'photo' | 'signature'): Promise<string> {
  if (file.size > LIMIT_BYTES) throw new NotAPhoto('照片超过 25 MB，请调低相机分辨率后重拍')
  const bytes = await file.arrayBuffer()
  const type = pictureType(new Uint8Array(bytes.slice(0, 16)))
  const digest = await sha256(bytes)
  if (await store.evidence(visitId, digest)) return digest
  const blob = new Blob([bytes], { type })
  const thumb = await thumbnail(blob)
  await store.addEvidence({ digest, visitId, kind, blob, thumb, takenAt: new Date().toISOString(), place: lastPlace() })
  return digest
}

/** A small picture for the list: full photos would fill an old phone's memory. Null when the phone cannot. */
async function thumbnail(blob: Blob): Promise<Blob | null> {
  try {
    const image = await createImageBitmap(blob)
    const scale = Math.min(1, THUMB_PIXELS / Math.min(image.width, image.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(image.width * scale))
    canvas.height = Math.max(1, Math.round(image.height * scale))
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    image.close()
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8))
  } catch {
    return null
  }
}
