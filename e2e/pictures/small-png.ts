import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
/** A palette's colours, and how many of them are the most frequent ones; the others are those furthest from all before. */
const COLOURS = 256
const FREQUENT = 144

/** A picture of the browser, 8-bit RGB or RGBA, with a palette: a third of its bytes, and to the eye the same. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels } = decoded(png)
  const counts = new Map<number, number>()
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = paletteOf(counts)
  const nearest = new Map([...counts.keys()].map((colour) => [colour, indexOfNearest(palette, colour)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest.get(pixels[y * width + x]!)!
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap(channels))
  return Buffer.concat([
    ...[SIGNATURE, chunk('IHDR', head), chunk('PLTE', colours)],
    ...[chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))],
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** Colours as 0xRRGGBB, row by row. */
function decoded(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const width = png.readUInt32BE(16)
  const height = png.readUInt32BE(20)
  const [depth, type] = [png[24], png[25]]
  if (depth !== 8 || (type !== 2 && type !== 6)) throw new Error(`a PNG of depth ${depth} and type ${type}`)
  const data: Buffer[] = []
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  const bytes = inflateSync(Buffer.concat(data))
  const size = type === 2 ? 3 : 4
  const stride = width * size
  const pixels = new Uint32Array(width * height)
  let above = new Uint8Array(stride)
  for (let y = 0; y < height; y++) {
    const row = unfiltered(bytes.subarray(y * (stride + 1), (y + 1) * (stride + 1)), above, size)
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = (row[x * size]! << 16) | (row[x * size + 1]! << 8) | row[x * size + 2]!
    above = row
  }
  return { width, height, pixels }
}

/** A row of bytes without its filter: PNG specification, 9.2. */
function unfiltered(filtered: Buffer, above: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const row = new Uint8Array(filtered.length - 1)
  for (let i = 0; i < row.length; i++) {
    const left = i >= size ? row[i - size]! : 0
    const up = above[i]!
    const corner = i >= size ? above[i - size]! : 0
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filtered[0]!]!
    row[i] = filtered[i + 1]! + guess
  }
  return row
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

const channels = (colour: number): number[] => [colour >> 16, (colour >> 8) & 255, colour & 255]

function distance(a: number, b: number): number {
  const [[r, g, b1], [R, G, B]] = [channels(a), channels(b)] as [number[], number[]]
  return (r! - R!) ** 2 + (g! - G!) ** 2 + (b1! - B!) ** 2
}

function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const colours = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b)
  const palette = colours.slice(0, FREQUENT)
  const others = colours.slice(FREQUENT)
  const apart = others.map((colour) => Math.min(...palette.map((taken) => distance(taken, colour))))
  while (palette.length < COLOURS && others.length > 0) {
    let far = 0
    for (let i = 1; i < apart.length; i++) if (apart[i]! > apart[far]!) far = i
    if (apart[far] === 0) break
    const next = others[far]!
    palette.push(next)
    for (let i = 0; i < others.length; i++) apart[i] = Math.min(apart[i]!, distance(next, others[i]!))
  }
  return palette
}

function indexOfNearest(palette: readonly number[], colour: number): number {
  let best = 0
  for (let i = 1; i < palette.length; i++)
    if (distance(palette[i]!, colour) < distance(palette[best]!, colour)) best = i
  return best
}
