import { dequantize } from '../formats/dequantize'
import { encodeBfloat16, encodeFloat16, toFloat32 } from '../formats/floats'
import { dequantizeBlocks } from '../formats/gguf/dequantize'
import { ggmlTypes } from '../formats/gguf/types'
import { roundToEightBits } from '../formats/gguf/write-tensors'
import type { TensorEntry } from '../formats/source'
import type { Verification } from '../measurement-records'
import { linearName, requiredTensors } from '../models/required-tensors'
import type { Progress } from '../records'
import { checkCancelled } from './batching'
import type { Outcome } from './exports'
import type { OpenedModel } from './opened'

/** float32 values held at once on each side; linears are held whole. */
const PART = 4 * 2 ** 20

/** Names of tensors that a report lists. */
const LISTED = 20

interface Watch {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/**
 * Holds every tensor of a model that was opened from exported files against the result that they were made of, bit for bit:
 * codes by the float32 weights that they stand for, floats by what the result's weights round to.
 */
export async function verifyTensors(
  result: Outcome,
  exported: OpenedModel,
  { signal, onProgress }: Watch = {},
): Promise<Verification> {
  const required = [...requiredTensors(exported.spec)]
  const different: string[] = []
  const roundings = new Set<string>()
  let largest = 0
  for (const [done, { name, shape }] of required.entries()) {
    checkCancelled(signal)
    onProgress?.({ type: 'phase', phase: 'export', done, total: required.length, label: name })
    let equal = true
    for await (const { wanted, got, rounding } of pairs(result, exported, name, shape)) {
      if (rounding) roundings.add(rounding)
      for (let i = 0; i < wanted.length; i++) {
        // 0 and −0 are one weight; NaN is NaN
        if (wanted[i] === got[i] || Object.is(wanted[i], got[i])) continue
        equal = false
        largest = Math.max(largest, Math.abs(wanted[i]! - got[i]!))
      }
    }
    if (!equal) different.push(name)
  }
  return {
    stored: storageOf(exported),
    tensors: required.length,
    different: different.length,
    names: different.slice(0, LISTED),
    largest,
    tolerance: Math.max(SAME, ...[...roundings].map((rounding) => TOLERANCE[rounding]!)),
  }
}

/** How the linears are held: as codes, as blocks of a GGUF type, or as floats of a dtype. */
function storageOf({ packed, source, spec }: OpenedModel): Verification['stored'] {
  if (packed && packed.names.length > 0) return 'codes'
  const first = source.tensors.get(`${linearName(0, spec.linears[0]!)}.weight`)
  return first?.stored?.type ?? first?.dtype ?? 'F32'
}

/** Part of a tensor: what is wanted and what is there, and how the former was rounded where that changed it. */
interface Pair {
  readonly wanted: Float32Array
  readonly got: Float32Array
  readonly rounding: string | null
}

async function* pairs(
  result: Outcome,
  { packed, source }: OpenedModel,
  name: string,
  [rows = 1, ...rest]: readonly number[],
): AsyncGenerator<Pair> {
  const linear = name.replace(/\.weight$/, '')
  const changed = result.changed.get(name)
  const quantized = result.headers.has(linear)
  const whole = quantized ? dequantize(await result.linear(linear)) : changed
  if (packed?.headers.has(linear)) {
    const got = dequantize(await packed.linear(linear))
    yield { wanted: whole ?? (await floatsOf(result.model.source.tensors.get(name)!)), got, rounding: null }
    return
  }
  const entry = source.tensors.get(name)!
  const length = rest.reduce((product, n) => product * n, 1)
  const step = Math.max(1, Math.floor(PART / length))
  for (let start = 0; start < rows; start += step) {
    const part = { start, end: Math.min(start + step, rows) }
    const exact = whole
      ? whole.subarray(part.start * length, part.end * length)
      : await floatsOf(result.model.source.tensors.get(name)!, part)
    const wanted = roundedTo(entry, exact, quantized)
    const changes = wanted !== exact && wanted.some((value, i) => value !== exact[i])
    const rounding = changes ? (entry.stored?.type ?? entry.dtype) : null
    yield { wanted, got: await floatsOf(entry, part), rounding }
  }
}

const floatsOf = async (entry: TensorEntry, rows?: { start: number; end: number }) =>
  toFloat32(await entry.read(rows), entry.dtype)

/** Blocks of GGUF hold what was quantized as it is; embedding and head are rounded to theirs. */
function roundedTo({ name, dtype, stored }: TensorEntry, values: Float32Array, quantized: boolean): Float32Array {
  if (stored?.type === 'Q8_0' && !quantized) return dequantizeBlocks(roundToEightBits(name, values), ggmlTypes.Q8_0)
  const halves = dtype === 'F16' ? encodeFloat16(values) : dtype === 'BF16' ? encodeBfloat16(values) : null
  return halves ? toFloat32(new Uint8Array(halves.buffer), dtype) : values
}

/** Part of a perplexity that another order of the same sums may move it by. */
const SAME = 1e-6
/** The same of roundings. */
const TOLERANCE: Readonly<Record<string, number>> = { F16: 1e-3, BF16: 1e-2, Q8_0: 1e-2 }

/** Whether the perplexities of the run and of exported files agree as far as what they are rounded to lets them. */
export const perplexitiesAgree = ({ tolerance }: Verification, run: number, file: number): boolean =>
  Math.abs(file / run - 1) <= tolerance
