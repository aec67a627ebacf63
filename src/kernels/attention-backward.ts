import keysSource from '../../shaders/attention_backward_keys.wgsl?raw'
import queriesSource from '../../shaders/attention_backward_queries.wgsl?raw'
import lanesSource from '../../shaders/lib/lanes.wgsl?raw'
import scores from '../../shaders/lib/scores.wgsl?raw'
import { type DeviceTraits, type Kernel, type Pass, splitRows, wgsl } from '../gpu/kernel'

import { type ScoreKind, type Scores, scoreConstants, scoreParams, scoreValues } from './attention-shape'

/** Whole windows of `length` tokens one after another; a token sees its window up to itself. */
export interface AttentionBackwardShape extends Scores {
  readonly windows: number
  readonly length: number
  readonly heads: number
  readonly kvHeads: number
}

/** How a head is spread: chunks of `width` numbers, `chunks` of them with each of `lanes` invocations. */
export interface HeadLayout {
  readonly width: number
  readonly chunks: number
  readonly lanes: number
  /** Invocations of a workgroup. */
  readonly size: number
  readonly writtenOut: boolean
}

// With one lane there is nothing to exchange: barriers would cost a software adapter more than all the rest.
const alone = 'fn sum_over_lanes(index: u32, part: mat2x4f) -> mat2x4f { return part; }'

/**
 * Four arrays of a lane's part of a head live in registers: 16 numbers each leave a GPU room for many workgroups. A
 * software adapter has no such limit, but takes up to half a minute to compile loops that are written out (lavapipe,
 * Mesa 25.0).
 */
export function headLayout(headDim: number, software: boolean): HeadLayout {
  const width = headDim % 4 === 0 ? 4 : 2
  const whole = headDim / width
  const lanes = software ? 1 : ([16, 8, 4, 2, 1].find((n) => whole % n === 0 && whole / n >= 4) ?? 1)
  const chunks = whole / lanes
  return { width, chunks, lanes, size: software ? 8 : 64, writtenOut: !software && chunks <= 16 }
}

function source(text: string, { width, chunks, lanes, size, writtenOut }: HeadLayout, kind: ScoreKind): string {
  // a bound that the compiler knew would make it write the loop out after all
  const loops = writtenOut
    ? text.replaceAll('#chunks', '#for c in CHUNKS').replaceAll('#done', '#end')
    : text
        .replaceAll('#chunks', 'for (var c = 0u; c < params.chunks; c++) {')
        .replaceAll('#done', '}')
        .replaceAll(/\$\{c\}/g, 'c')
  const constants = { SIZE: size, LANES: lanes, ROWS: size / lanes, CHUNKS: chunks, ...scoreConstants(kind) }
  return wgsl([`alias Chunk = vec${width}f;`, lanes > 1 ? lanesSource : alone, scores, loops], constants)
}

const params = { item: 'u32', length: 'u32', heads: 'u32', kvHeads: 'u32', chunks: 'u32', ...scoreParams } as const

const kernels = new Map<string, Kernel<string, AttentionBackwardShape>>()

interface Part {
  readonly text: string
  readonly bindings: Readonly<Record<string, 'read' | 'read_write'>>
  /** Which heads a workgroup belongs to one of. */
  readonly headsOf: (shape: AttentionBackwardShape) => number
  /** Operations a number of a head for every pair of query and key. */
  readonly operations: number
}

function kernelOf(name: string, layout: HeadLayout, kind: ScoreKind, part: Part) {
  const headDim = layout.width * layout.chunks * layout.lanes
  const label = `attention backward ${name} ${headDim}×${layout.lanes}:${layout.size}${layout.writtenOut ? '' : ' looped'}${kind}`
  let kernel = kernels.get(label)
  if (kernel) return kernel
  const { text, bindings, headsOf, operations } = part
  const rows = layout.size / layout.lanes
  const cost = ({ windows, length, heads, kvHeads }: AttentionBackwardShape) => ({
    flops: (windows * heads * length * (length + rows) * (operations * headDim + 16)) / 2,
    bytes: 4 * windows * length * headDim * (4 * heads + 4 * kvHeads),
  })
  const passes = (shape: AttentionBackwardShape, device: DeviceTraits): Pass[] => {
    const groups = shape.windows * headsOf(shape) * Math.ceil(shape.length / rows)
    return splitRows(groups, 1, cost(shape).flops / groups, device).map((split) => ({
      groups: [split.rows],
      params: { ...shape, item: split.row, chunks: layout.chunks, ...scoreValues(shape, headDim) },
    }))
  }
  kernel = { label, wgsl: source(text, layout, kind), bindings, params, passes, cost }
  kernels.set(label, kernel)
  return kernel
}

/**
 * dq of causal grouped-query attention (src/kernels/attention.ts) from its operands, its result y and dy, all
 * q-shaped tensors [windows·length, heads·headDim]; leaves stats [windows·length, heads, 2] for the keys' gradient.
 * Nothing of size length² exists; sums have a fixed order. `layout` is `headLayout` of any even head size, `kind` that of
 * the shape's scores.
 */
export const attentionBackwardQueries = (
  layout: HeadLayout,
  kind: ScoreKind = '',
): Kernel<'q' | 'k' | 'v' | 'y' | 'dy' | 'dq' | 'stats', AttentionBackwardShape> =>
  kernelOf('queries', layout, kind, {
    text: queriesSource,
    bindings: { q: 'read', k: 'read', v: 'read', y: 'read', dy: 'read', dq: 'read_write', stats: 'read_write' },
    headsOf: ({ heads }) => heads,
    operations: 6,
  })

/** dk and dv [windows·length, kvHeads·headDim], after `attentionBackwardQueries` has left the stats. */
export const attentionBackwardKeys = (
  layout: HeadLayout,
  kind: ScoreKind = '',
): Kernel<'q' | 'k' | 'v' | 'dy' | 'stats' | 'dk' | 'dv', AttentionBackwardShape> =>
  kernelOf('keys', layout, kind, {
    text: keysSource,
    bindings: { q: 'read', k: 'read', v: 'read', dy: 'read', stats: 'read', dk: 'read_write', dv: 'read_write' },
    headsOf: ({ kvHeads }) => kvHeads,
    operations: 8,
  })
