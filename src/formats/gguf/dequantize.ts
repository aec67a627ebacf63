import { codebookBlocks } from './codebook-parts'
import { NON_LINEAR, superBlocks } from './dequantize-super'
import { everyHalf } from './halves'
import { type GgmlType, type GgmlTypeName, ggmlTypes } from './types'

/** Decodes the block that begins at byte `at` to `out` from `to` on. `d(i)` is the float16 at byte i of the block. */
export type DecodeBlock = (
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
  d: (offset: number) => number,
) => void

/** Byte i of `start` holds code i and, in its upper half, code i + 16. */
const nibbles = (start: number, weight: (code: number) => number, out: Float32Array, to: number, bytes: Uint8Array) => {
  for (let i = 0; i < 16; i++) {
    const byte = bytes[start + i]!
    out[to + i] = weight(byte & 15)
    out[to + 16 + i] = weight(byte >> 4)
  }
}

/** The same with the fifth bits of the 32 codes in four bytes of their own. */
const fives = (
  [start, fifth]: readonly [number, number],
  weight: (code: number) => number,
  out: Float32Array,
  to: number,
  bytes: Uint8Array,
) => {
  for (let i = 0; i < 32; i++) {
    const low = (bytes[start + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15
    const high = (bytes[fifth + (i >> 3)]! >> (i & 7)) & 1
    out[to + i] = weight(low | (high << 4))
  }
}

/** Twice the values of float4 (E2M1), by their bits. */
export const FLOAT4 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12] as const

/** Half of the power of two that a byte stands for (E8M0). */
export const exponentScale = (byte: number): number => 2 ** (byte - 128)

/** Half of the float8 (UE4M3) that a byte is; as ggml has it, the bits of NaN are 0 and the sign is ignored. */
export function shortScale(byte: number): number {
  if (byte === 0x7f) return 0
  const [exponent, mantissa] = [(byte >> 3) & 15, byte & 7]
  return exponent === 0 ? mantissa * 2 ** -10 : (8 + mantissa) * 2 ** (exponent - 11)
}

/** Code i of a block of NVFP4: byte j of sixteen weights has codes j and j + 8. */
export const floatCode = (bytes: Uint8Array, at: number, i: number): number =>
  (bytes[at + 4 + 8 * (i >> 4) + (i & 7)]! >> (i & 8 ? 4 : 0)) & 15

const THREES = [1, 3, 9, 27, 81] as const

/**
 * Code i, 0 to 2, of a block of TQ1_0. A byte is 256 / 243 of a number of five ternary digits, rounded up, so that three times the part that
 * an earlier digit leaves begins with the next; weights that are 32, then 16, then 4 apart share one.
 */
export function trit(bytes: Uint8Array, at: number, i: number): number {
  const [start, apart, first] = i < 160 ? [0, 32, 0] : i < 240 ? [32, 16, 160] : [48, 4, 240]
  const place = i - first
  const left = (bytes[at + start + (place % apart)]! * THREES[Math.floor(place / apart)]!) & 255
  return (3 * left) >> 8
}

/** The float32 at a byte. */
export const single = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true)

const flatBlocks = {
  Q4_0: (bytes, at, out, to, d) => {
    const scale = d(0)
    nibbles(at + 2, (code) => scale * (code - 8), out, to, bytes)
  },
  Q4_1: (bytes, at, out, to, d) => {
    const [scale, min] = [d(0), d(2)]
    nibbles(at + 4, (code) => scale * code + min, out, to, bytes)
  },
  Q5_0: (bytes, at, out, to, d) => {
    const scale = d(0)
    fives([at + 6, at + 2], (code) => scale * (code - 16), out, to, bytes)
  },
  Q5_1: (bytes, at, out, to, d) => {
    const [scale, min] = [d(0), d(2)]
    fives([at + 8, at + 4], (code) => scale * code + min, out, to, bytes)
  },
  Q8_0: (bytes, at, out, to, d) => {
    const scale = d(0)
    for (let i = 0; i < 32; i++) out[to + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24)
  },
  IQ4_NL: (bytes, at, out, to, d) => {
    const scale = d(0)
    nibbles(at + 2, (code) => scale * NON_LINEAR[code]!, out, to, bytes)
  },
  Q8_1: (bytes, at, out, to, d) => {
    const scale = d(0)
    for (let i = 0; i < 32; i++) out[to + i] = scale * ((bytes[at + 4 + i]! << 24) >> 24)
  },
  Q8_K: (bytes, at, out, to) => {
    const scale = single(bytes, at)
    for (let i = 0; i < 256; i++) out[to + i] = scale * ((bytes[at + 4 + i]! << 24) >> 24)
  },
  MXFP4: (bytes, at, out, to) => {
    const scale = exponentScale(bytes[at]!)
    nibbles(at + 1, (code) => scale * FLOAT4[code]!, out, to, bytes)
  },
  NVFP4: (bytes, at, out, to) => {
    for (let sub = 0; sub < 4; sub++) {
      const scale = shortScale(bytes[at + sub]!)
      for (let i = 16 * sub; i < 16 * sub + 16; i++) out[to + i] = scale * FLOAT4[floatCode(bytes, at, i)]!
    }
  },
  TQ2_0: (bytes, at, out, to, d) => {
    const scale = d(64)
    for (let i = 0; i < 256; i++) {
      const byte = bytes[at + 32 * (i >> 7) + (i & 31)]!
      out[to + i] = scale * (((byte >> (2 * ((i >> 5) & 3))) & 3) - 1)
    }
  },
  TQ1_0: (bytes, at, out, to, d) => {
    const scale = d(52)
    for (let i = 0; i < 256; i++) out[to + i] = scale * (trit(bytes, at, i) - 1)
  },
  Q1_0: (bytes, at, out, to, d) => {
    const scale = d(0)
    for (let i = 0; i < 128; i++) out[to + i] = (bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1 ? scale : -scale
  },
  Q2_0: (bytes, at, out, to, d) => {
    const scale = d(0)
    for (let i = 0; i < 64; i++) out[to + i] = scale * (((bytes[at + 2 + (i >> 2)]! >> (2 * (i & 3))) & 3) - 1)
  },
} satisfies Partial<Record<GgmlTypeName, DecodeBlock>>

const decoders: Partial<Record<GgmlTypeName, DecodeBlock>> = { ...flatBlocks, ...superBlocks, ...codebookBlocks }

/** The types whose blocks of codes can be read. */
export const decodable = Object.keys(decoders) as readonly GgmlTypeName[]

/**
 * The weights of whole blocks as float32, to the bit those of llama.cpp: products of codes and scales are exact in
 * float64, so that only the last step rounds. Layouts: ggml-common.h, ggml-quants.c.
 */
export function dequantizeBlocks(bytes: Uint8Array, { name }: GgmlType): Float32Array<ArrayBuffer> {
  const { weights, bytes: size } = ggmlTypes[name]
  const decode = decoders[name]!
  const halves = everyHalf()
  const count = bytes.length / size
  const out = new Float32Array(count * weights)
  let at = 0
  const d = (offset: number) => halves[bytes[at + offset]! | (bytes[at + offset + 1]! << 8)]!
  for (let block = 0; block < count; block++, at += size) decode(bytes, at, out, block * weights, d)
  return out
}
