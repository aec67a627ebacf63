import vectorSource from '../../shaders/affine_vector.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import cellAtSource from '../../shaders/lib/affine_cell_at.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import sumsSource from '../../shaders/lib/store_sums.wgsl?raw'
import { CHUNK, type Grid, type Width } from '../formats/quantized'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { GRIDS } from './dequantize-affine'
import { counted, mantissasOf } from './mantissas'

/** Operations that a weight takes beside its products, for time budgets. */
const OPERATIONS = 3

/** Invocations that share rows; all of one workgroup read x once. */
const LANES = 16

/** What decides the source text. */
export interface VectorVariant {
  readonly widths: readonly Width[]
  readonly grid: Grid['type']
  /** Slots are not the original columns. */
  readonly moved: boolean
  /** All chunks have the same width, and groups are runs of whole chunks. */
  readonly alike: boolean
  /** Some float16 is subnormal. */
  readonly subnormal: boolean
  /** Tokens at a time. */
  readonly most: 1 | 4
  /** Invocations of a workgroup: many share x well, few spread a small matrix over more of the device. */
  readonly size: 64 | 256
}

export interface VectorShape {
  readonly tokens: number
  /** First token to take. */
  readonly token: number
  readonly columns: number
  readonly chunks: number
  readonly rows: number
  readonly groups: number
  /** Chunks of a group where all are alike. */
  readonly perGroup: number
  readonly yStride: number
  readonly yOffset: number
}

/** y [tokens, out] = x [tokens, in] · Ŵᵀ of one panel for up to `most` tokens, columns of a chunk all of one group. */
export function affineVector({
  widths,
  grid,
  moved,
  alike,
  subnormal,
  most,
  size,
}: VectorVariant): Kernel<'x' | 'slots' | 'codes' | 'cells' | 'chunks' | 'y', VectorShape> {
  const rows = most === 1 ? 2 : 1
  const items = (size / LANES) * rows
  return {
    label: `codes of ${widths.join(', ')} bits${alike ? ' alike' : ''}, ${grid}${moved ? ' moved' : ''}${subnormal ? ' subnormal' : ''} · ${most} tokens ${size}`,
    wgsl: wgsl(
      [
        f16Source,
        affineSource,
        cellsSource,
        cellAtSource,
        vectorSource,
        sumsSource,
        addChunk(widths, { rows, tokens: most, alike }),
      ],
      {
        ...{ CHUNK, SIZE: size, LANES, ROWS: rows, TOKENS: most, SUMS: rows * most, TILE: 64 / most, MOVED: moved },
        ...{ ALIKE: alike ? widths[0]! : 0, SUBNORMAL: subnormal },
        ...{ GRID: GRIDS[grid], SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
      },
    ),
    bindings: { x: 'read', slots: 'read', codes: 'read', cells: 'read', chunks: 'read', y: 'read_write' },
    params: {
      ...({ chunks: 'u32', rows: 'u32', row: 'u32', groups: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
      ...({ tokens: 'u32', token: 'u32', columns: 'u32', perGroup: 'u32' } as const),
    },
    passes: ({ rows: all, ...shape }, device) =>
      splitRows(all, items, shape.chunks * CHUNK * (OPERATIONS + 2 * most), device).map(({ row, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: { ...shape, rows: row + part, row },
      })),
    cost: ({ chunks, rows: all, groups }) => ({
      flops: all * chunks * CHUNK * (OPERATIONS + 2 * most),
      bytes: (all * chunks * CHUNK * Math.min(...widths)) / 8 + 4 * all * groups + 4 * most * (all + chunks * CHUNK),
    }),
  }
}

interface Unrolled {
  readonly rows: number
  readonly tokens: number
  readonly alike: boolean
}

/** `add_chunk`: chunk `i` of the tile times x into the sums of rows from `first` on, whatever the width of its columns. */
function addChunk(widths: readonly Width[], unrolled: Unrolled): string {
  if (unrolled.alike)
    return `\nfn add_chunk(chunk: vec4u, i: u32, first: u32) {\n${chunkCase(widths[0]!, unrolled).join('\n')}\n}`
  const cases = widths.map((bits) => `    case ${bits}u: {\n${chunkCase(bits, unrolled).join('\n')}\n    }`)
  return `
fn add_chunk(chunk: vec4u, i: u32, first: u32) {
  switch (chunk.z) {
${cases.join('\n')}
    default: {}
  }
}`
}

/** The ones of `mantissasOf` come off as Σx at the end of the chunk. */
function chunkCase(bits: Width, { rows, tokens }: Unrolled): string[] {
  const each = (make: (r: number) => string[]) => counted(rows, make).flat()
  const codes = mantissasOf(bits)
  const weights = `vec4f(${counted(4, (i) => `${codes.weight(i)}.0`).join(', ')})`
  const quads = counted(CHUNK / 4, (quad) => [
    ...counted(tokens, (t) => `let x${quad}_${t} = x_tile[at_${t} + ${quad}u];`),
    ...each((r) => [
      `let w${quad}_${r} = vec4f(${counted(4, (i) => `bitcast<f32>(${codes.mantissa(r, 4 * quad + i)})`).join(', ')});`,
      ...counted(tokens, (t) => `dot_${r}_${t} += x${quad}_${t} * w${quad}_${r};`),
    ]),
  ]).flat()
  return [
    ...counted(tokens, (t) => `let at_${t} = (${t}u * TILE + i) * STRIDE;`),
    ...each((r) => [
      `let row_${r} = min(first + ${r}u, params.rows - 1u);`,
      ...counted(bits, (w) => `let word_${r}_${w} = codes[chunk.x + row_${r} * chunk.y + ${w}u];`),
      ...codes.shifted(r),
      ...counted(tokens, (t) => `var dot_${r}_${t} = vec4f();`),
    ]),
    ...quads,
    ...counted(tokens, (t) => `let all_${t} = x_tile[at_${t} + QUADS];`),
    ...each((r) => [
      `let line_${r} = line_of(cell_at(row_${r} * params.groups + chunk.w), ${bits}u);`,
      ...counted(
        tokens,
        (t) =>
          `sum_${r}_${t} += line_${r}.x * dot(dot_${r}_${t} - all_${t}, ${weights}) + line_${r}.y * dot(all_${t}, vec4f(1.0));`,
      ),
    ]),
  ].map((line) => `      ${line}`)
}
