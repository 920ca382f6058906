/** The signature without the empty paper around it, so that it is readable in a list and in a document. */
const MARGIN = 24

/** A copy of the canvas cut to its strokes (anything darker than white) plus a margin; the same canvas when it is blank. */
export function trimmed(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const { width, height } = canvas
  const pixels = canvas.getContext('2d')!.getImageData(0, 0, width, height).data
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (pixels[(y * width + x) * 4]! > 200) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  if (right < 0) return canvas
  const cut = document.createElement('canvas')
  cut.width = right - left + 1 + 2 * MARGIN
  cut.height = bottom - top + 1 + 2 * MARGIN
  const context = cut.getContext('2d')!
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, cut.width, cut.height)
  context.drawImage(canvas, left, top, right - left + 1, bottom - top + 1, MARGIN, MARGIN, right - left + 1, bottom - top + 1)
  return cut
}
