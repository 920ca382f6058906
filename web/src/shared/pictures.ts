/** Which pictures the backend takes, told by their first bytes; shared by the phone and the owner's pages. */

/** The file cannot be taken; the message is for the person. */
export class NotAPhoto extends Error {}

/** The media type by content, never by name. */
export function pictureType(head: Uint8Array): 'image/jpeg' | 'image/png' | 'image/webp' {
  const text = String.fromCharCode(...head)
  if (head[0] === 0xff && head[1] === 0xd8) return 'image/jpeg'
  if (text.startsWith('\x89PNG')) return 'image/png'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp'
  if (/^....ftyp(heic|heix|mif1|msf1|hevc)/s.test(text)) {
    throw new NotAPhoto('这是 HEIC 格式的照片，系统不能接收。请在手机“设置－相机－格式”中选“兼容性最佳”，或直接在本页拍照')
  }
  throw new NotAPhoto('只能接收照片（JPEG、PNG、WebP）')
}
