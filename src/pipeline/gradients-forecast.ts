import { allocatedBytes } from '../gpu/buffers'
import type { GpuInfo } from '../gpu/device'
import { dotSlices } from '../kernels/matrix'
import { logitsRows } from '../models/batch-size'
import { blockShapes } from '../models/block-shapes'
import type { ModelSpec, ParameterKey } from '../models/spec'
import type { Role } from '../models/weights'
import { gradientWindows, sweepBatches } from './gradients'
import { embeddingShapes, residentShapes, tableShapes } from './shapes'

type Shape = readonly number[]

/** GPU bytes at the moment when a pass for output gradients holds most, by what takes them. */
export interface GradientForecast {
  /** Embedding and head while they are there, rope tables, one block. */
  readonly weights: number
  /** Hidden states kept for the way back, and gradients to them. */
  readonly states: number
  /** What a block computes inside, or logits. */
  readonly activations: number
  readonly peak: number
}

/**
 * What `outputGradients` (gradients.ts) takes for so many windows: the tensors held when blocks are passed there, when
 * the head is differentiated and when the last block is passed back, each rounded up as the buffer pool does.
 */
export function forecastGradients(
  spec: ModelSpec,
  { windows, length, stateBytes }: { windows: number; length: number; stateBytes?: number },
  gpu: GpuInfo,
): GradientForecast {
  const { vocab, hidden, layers } = spec
  const limit = Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes)
  const size = (...shapes: readonly Shape[]) =>
    shapes.reduce((sum, shape) => sum + allocatedBytes(4 * shape.reduce((n, d) => n * d, 1), limit), 0)
  const step = Math.min(windows, gradientWindows(gpu, spec, length))
  const together = sweepBatches(spec, step * length, stateBytes)
  const batches = Math.ceil(windows / step)
  const sweep = Array.from(
    { length: Math.min(batches, together) },
    (_, b) => length * Math.min(step, windows - b * step),
  )

  const state = sweep.map((tokens) => size([tokens, hidden]))
  const before = state.map((_, b) => state.slice(0, b).reduce((sum, bytes) => sum + bytes, 0))
  const level = state.reduce((sum, bytes) => sum + bytes, 0)
  const tables = size(...tableShapes(spec, length))
  const block = size(...residentShapes(spec, length)) - tables
  const ends = size(...endShapes(spec, limit))
  const back = (tokens: number) => {
    const sums = spec.linears.map(({ out }) => size([dotSlices(tokens), out], [tokens]))
    return (
      Math.max(...backwardShapes(spec, tokens, true).map((shapes) => size(...shapes))) + sums.reduce((a, b) => a + b)
    )
  }

  const moments = sweep.flatMap((tokens, b) => {
    const passed = before[b]!
    const ahead = level - passed
    const head = size([tokens], [tokens], [tokens, hidden], [tokens, hidden], [logitsRows(gpu, spec, tokens), vocab])
    return [
      // into the last block, on the way there
      ...blockShapes(spec, tokens).map((shapes) => ({
        weights: tables + ends + block,
        states: layers * level + passed,
        activations: size(...shapes),
      })),
      { weights: tables + ends, states: (layers + 1) * level, activations: head },
      // out of it, on the way back
      {
        weights: tables + block + (batches > together ? ends : 0),
        states: (layers - 1) * level + 2 * ahead + passed,
        activations: back(tokens),
      },
    ]
  })
  const total = (parts: (typeof moments)[number]) => parts.weights + parts.states + parts.activations
  const most = moments.reduce((a, b) => (total(b) > total(a) ? b : a))
  return { ...most, peak: total(most) }
}

/** Embedding, head and the norm before it. */
function endShapes(spec: ModelSpec, limit: number): Shape[] {
  const vocabulary = embeddingShapes(spec, limit)
  return [...vocabulary, ...(spec.tiedHead ? [] : vocabulary), [spec.hidden]]
}

/**
 * What a block on the tape holds beside its input and the gradient to its output, at its fullest moments; with a
 * gradient to the input where `inputLearns`.
 */
export function backwardShapes(spec: ModelSpec, tokens: number, inputLearns: boolean): Shape[][] {
  const { hidden: h, ffn, heads, kvHeads, headDim, fusedHeads, rope, parallel, experts } = spec
  const [q, k] = [heads * headDim, kvHeads * headDim]
  const rows = (...widths: number[]) => widths.map((width) => [tokens, width])
  const has = (key: ParameterKey) => spec.parameters.some((parameter) => parameter.key === key)
  const role = (of: Role) => spec.linears.some((linear) => linear.role === of)
  const whole = fusedHeads ? [q + 2 * k] : []
  const normed = has('qNorm') ? [q, k] : []
  const behind = has('attnOutNorm') ? [h] : []
  // q, k and v, and what is made of the first two before they meet; a
  const attended = [...(inputLearns ? [h] : []), h, q, k, k, ...(rope ? [q, k] : []), ...whole, ...normed, q, ...behind]
  if (experts) return [expertShapes(spec, tokens, [...attended, h, h, h])]
  const opened = role('gate_up') ? [2 * ffn, ffn, ffn, ffn] : role('gate') ? [ffn, ffn, ffn] : [ffn, ffn]
  const beside = parallel ? [h] : []
  return [
    // all values, and the gradients to y and to the two that it adds
    rows(...attended, h, h, h, ...opened, h, h, h, h, h, ...behind, ...behind),
    // gradients to h, m, gate and up, and no down and y any more
    rows(...attended, h, h, h, ...opened, h, ...opened, ...beside),
    // gradients to a, q, k, v, and two numbers a query and head
    rows(...attended, q, q, k, k, 2 * heads, ...whole, ...normed, ...beside),
  ]
}

/** Of a block whose experts all read all tokens: what they compute, and on the way back the gradients to the last one's. */
function expertShapes({ hidden: h, ffn, experts }: ModelSpec, tokens: number, before: readonly number[]): Shape[] {
  const { count } = experts!
  const each = Array.from({ length: count }, () => [ffn, ffn, ffn, h]).flat()
  const gradients = [...Array.from({ length: count }, () => h), h, h, count, count, ffn, ffn, ffn]
  return [...before, h, count, count, ...each, ...gradients].map((width) => [tokens, width])
}
