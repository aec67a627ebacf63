import { dequantize } from '../formats/dequantize'
import { encodeBfloat16, encodeFloat16 } from '../formats/floats'
import { dequantizeBlocks } from '../formats/gguf/dequantize'
import { ggmlTypes } from '../formats/gguf/types'
import { roundToEightBits } from '../formats/gguf/write-tensors'
import { type TensorEntry, toFloat32 } from '../formats/source'
import { linearName, requiredTensors } from '../models/spec'
import type { Progress, Verification } from '../records'
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
  let largest = 0
  for (const [done, { name, shape }] of required.entries()) {
    checkCancelled(signal)
    onProgress?.({ type: 'phase', phase: 'export', done, total: required.length, label: name })
    let equal = true
    for await (const [wanted, got] of pairs(result, exported, name, shape))
      for (let i = 0; i < wanted.length; i++) {
        if (Object.is(wanted[i], got[i])) continue
        equal = false
        largest = Math.max(largest, Math.abs(wanted[i]! - got[i]!))
      }
    if (!equal) different.push(name)
  }
  return {
    stored: storageOf(exported),
    tensors: required.length,
    different: different.length,
    names: different.slice(0, LISTED),
    largest,
  }
}

/** How the linears are held: as codes, or as floats of a dtype. */
function storageOf({ packed, source, spec }: OpenedModel): Verification['stored'] {
  if (packed && packed.names.length > 0) return 'codes'
  return source.tensors.get(`${linearName(0, spec.linears[0]!)}.weight`)?.dtype ?? 'F32'
}

/** What is wanted and what is there, in parts. */
async function* pairs(
  result: Outcome,
  { packed, source }: OpenedModel,
  name: string,
  [rows = 1, ...rest]: readonly number[],
): AsyncGenerator<readonly [Float32Array, Float32Array]> {
  const linear = name.replace(/\.weight$/, '')
  const changed = result.changed.get(name)
  const quantized = result.headers.has(linear)
  const whole = quantized ? dequantize(await result.linear(linear)) : changed
  if (packed?.headers.has(linear)) {
    const got = dequantize(await packed.linear(linear))
    yield [whole ?? (await floatsOf(result.model.source.tensors.get(name)!)), got]
    return
  }
  const entry = source.tensors.get(name)!
  const length = rest.reduce((product, n) => product * n, 1)
  const step = Math.max(1, Math.floor(PART / length))
  for (let start = 0; start < rows; start += step) {
    const part = { start, end: Math.min(start + step, rows) }
    const wanted = whole
      ? whole.subarray(part.start * length, part.end * length)
      : await floatsOf(result.model.source.tensors.get(name)!, part)
    yield [roundedTo(entry, wanted, quantized), await floatsOf(entry, part)]
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

/** Part of a perplexity that a way to hold weights may move it by; codes are the same weights, so next to nothing. */
const TOLERANCE: Readonly<Record<string, number>> = { codes: 1e-6, F16: 1e-3, BF16: 1e-2 }

/** Whether two perplexities of the same weights, held in this way, agree. */
export const perplexitiesAgree = (stored: Verification['stored'], run: number, file: number): boolean =>
  Math.abs(file / run - 1) <= (TOLERANCE[stored] ?? TOLERANCE.codes!)
