import rowsSource from '../../shaders/affine_rows.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import chunkSource from '../../shaders/lib/affine_chunk.wgsl?raw'
import codesSource from '../../shaders/lib/codes.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import { CHUNK, type Grid, type Width } from '../formats/quantized'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { GRIDS } from './dequantize-affine'
import { bySharing } from './sharing'

/** Operations that a weight takes beside its products, for time budgets. */
const OPERATIONS = 3

/** Sums of an invocation. Compilers take long over more, and 4 already use a load and a code often enough. */
const ROWS_AND_TOKENS = 4

/** What decides the source text: `scattered` where a chunk's columns may belong to several groups. */
export interface AffineVariant {
  readonly widths: readonly Width[]
  readonly grid: Grid['type']
  readonly scattered: boolean
}

export interface AffineRowsShape {
  readonly tokens: number
  readonly chunks: number
  readonly rows: number
  readonly groups: number
  readonly zeroBits: number
  readonly yStride: number
  readonly yOffset: number
}

export type AffinePart = 'codes' | 'scale' | 'side' | 'chunks' | 'owners'

/**
 * y [tokens, out] = x [tokens, slots] · Ŵᵀ of one panel, for up to `most` tokens. Unrolled over the columns of a chunk, but
 * on a software adapter and for scattered groups: there compiling that takes longer than it saves.
 */
export const affineRows = (most: number, { widths, grid, scattered }: AffineVariant) =>
  bySharing<Kernel<'x' | AffinePart | 'y', AffineRowsShape>>(({ source, constants, items, suffix }) => {
    const looped = scattered || constants.LANES === 1
    const rows = looped ? 1 : Math.max(1, ROWS_AND_TOKENS / most)
    const add = looped ? chunkSource : addChunk(widths, { rows, tokens: most })
    const text = looped ? `any${scattered ? ' scattered' : ''}` : widths.join(', ')
    return {
      label: `codes of ${text} bits, ${grid} · ${most} tokens${suffix}`,
      wgsl: wgsl([f16Source, codesSource, source, rowsSource, affineSource, cellsSource, add], {
        ...{ ...constants, TOKENS: most, ROWS: rows, CHUNK, SCATTERED: scattered, GRID: GRIDS[grid] },
        ...{ SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
      }),
      bindings: {
        ...{ x: 'read', codes: 'read', scale: 'read', side: 'read', chunks: 'read', owners: 'read' },
        y: 'read_write',
      },
      params: {
        ...({ chunks: 'u32', rows: 'u32', row: 'u32', groups: 'u32', zeroBits: 'u32' } as const),
        ...({ yStride: 'u32', yOffset: 'u32', tokens: 'u32' } as const),
      },
      passes: ({ rows: all, ...shape }, device) =>
        splitRows(all, items * rows, shape.chunks * CHUNK * (OPERATIONS + 2 * most), device).map(
          ({ row, rows: part }) => ({
            groups: grid1d(part, items * rows, device),
            params: { ...shape, rows: row + part, row },
          }),
        ),
      cost: ({ chunks, rows: all }) => ({
        flops: all * chunks * CHUNK * (OPERATIONS + 2 * most),
        bytes: (all * chunks * CHUNK * Math.min(...widths)) / 8 + 4 * most * (all + chunks * CHUNK),
      }),
    }
  })

interface Unrolled {
  readonly rows: number
  readonly tokens: number
}

/** `add_chunk`: chunk `c` times x into the sums of rows from `first` on, whatever the width of its columns. */
function addChunk(widths: readonly Width[], unrolled: Unrolled): string {
  const cases = widths.map((bits) => `    case ${bits}u: {\n${chunkCase(bits, unrolled).join('\n')}\n    }`)
  return `
fn add_chunk(chunk: vec4u, c: u32, first: u32) {
  switch (chunk.z) {
${cases.join('\n')}
    default: {}
  }
}`
}

const counted = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/**
 * A code put into the highest bits of a mantissa is 1 + code/2^bits: two operations where a conversion takes longer than
 * all the rest. The ones come off as Σx at the end of the chunk; they cost the code two of 24 bits at most.
 */
function chunkCase(bits: Width, { rows, tokens }: Unrolled): string[] {
  const each = (make: (r: number) => string[]) => counted(rows, make).flat()
  const ones = 'vec4f(1.0)'
  const quads = counted(CHUNK / 4, (quad) => [
    ...counted(tokens, (t) => `let x${quad}_${t} = x[at_${t} + ${quad}u];`),
    ...counted(tokens, (t) => `all_${t} += x${quad}_${t};`),
    ...each((r) => [
      `let w${quad}_${r} = vec4f(${counted(4, (i) => mantissaOf(bits, r, 4 * quad + i)).join(', ')});`,
      ...counted(tokens, (t) => `dot_${r}_${t} += x${quad}_${t} * w${quad}_${r};`),
    ]),
  ]).flat()
  return [
    ...counted(tokens, (t) => `let at_${t} = (min(${t}u, params.tokens - 1u) * params.chunks + c) * ${CHUNK / 4}u;`),
    ...counted(tokens, (t) => `var all_${t} = vec4f();`),
    ...each((r) => [
      `let row_${r} = min(first + ${r}u, params.rows - 1u);`,
      ...counted(bits, (w) => `let word_${r}_${w} = codes[chunk.x + row_${r} * chunk.y + ${w}u];`),
      ...counted(tokens, (t) => `var dot_${r}_${t} = vec4f();`),
    ]),
    ...quads,
    ...counted(tokens, (t) => `let sum_all_${t} = dot(all_${t}, ${ones});`),
    ...each((r) => [
      `let line_${r} = line_of(cell_of(row_${r} * params.groups + chunk.w, params.zero_bits), ${bits}u);`,
      ...counted(tokens, (t) => {
        const codes = `${2 ** bits}.0 * (dot(dot_${r}_${t}, ${ones}) - sum_all_${t})`
        return `sum_${r}_${t} += line_${r}.x * ${codes} + line_${r}.y * sum_all_${t};`
      }),
    ]),
  ].map((line) => `      ${line}`)
}

const CODE_AT_TOP = 23

/** Column i of the chunk in row r: the bits of its code moved to bit `to` of a word, the others 0. */
function codeAt(bits: Width, r: number, i: number, to: number): string {
  const at = (i * bits) % 32
  const word = Math.floor((i * bits) / 32)
  const mask = `${(2 ** bits - 1) * 2 ** to}u`
  const moved = (name: string, by: number) =>
    by === 0 ? name : by > 0 ? `(${name} >> ${by}u)` : `(${name} << ${-by}u)`
  const low = moved(`word_${r}_${word}`, at - to)
  if (at + bits <= 32) return `(${low} & ${mask})`
  return `((${low} & ${(2 ** (32 - at) - 1) * 2 ** to}u) | (${moved(`word_${r}_${word + 1}`, at - 32 - to)} & ${mask}))`
}

const mantissaOf = (bits: Width, r: number, i: number): string =>
  `bitcast<f32>(${codeAt(bits, r, i, CODE_AT_TOP - bits)} | 0x3f800000u)`
