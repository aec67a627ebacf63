import registersSource from '../../shaders/affine_registers.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import cellAtSource from '../../shaders/lib/affine_cell_at.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import { CHUNK, type Width } from '../formats/quantized'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { VectorShape, VectorVariant } from './affine-vector'
import { GRIDS } from './dequantize-affine'
import { counted, mantissasOf } from './mantissas'

/** Operations a weight, for time budgets. */
const OPERATIONS = 5
/** Of the rows that share what an invocation keeps of x, those whose codes are under way together. */
const STEP = 2
/** Invocations, a chunk each. */
const SIZE = 128

/** From so many chunks on at least half of a workgroup's invocations have one. */
export const REGISTER_CHUNKS = SIZE / 2

interface Variant extends Pick<VectorVariant, 'grid' | 'subnormal'> {
  readonly bits: Width
  /** That share x, a divisor of 128. */
  readonly rows?: number
}
type Shape = Pick<VectorShape, 'chunks' | 'rows' | 'groups' | 'perGroup' | 'yOffset'>

/** y [1, out] = x [1, in] · Ŵᵀ of one panel whose chunks are all alike; x in stored order. */
export function affineRegisters({
  bits,
  grid,
  subnormal,
  rows: together = 16,
}: Variant): Kernel<'x' | 'codes' | 'cells' | 'y', Shape> {
  const size = vectorOf(bits)
  const words = `alias Words = ${size === 1 ? 'u32' : `vec${size}u`};`
  return {
    label: `codes of ${bits} bits alike, ${grid}${subnormal ? ' subnormal' : ''} · 1 token in registers`,
    wgsl: wgsl([words, f16Source, affineSource, cellsSource, cellAtSource, registersSource, addChunk(bits, together)], {
      ...{ SIZE, ROWS: together, LOADS: bits / size, SUBNORMAL: subnormal },
      ...{ GRID: GRIDS[grid], SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
    }),
    bindings: { x: 'read', codes: 'read', cells: 'read', y: 'read_write' },
    params: { chunks: 'u32', rows: 'u32', row: 'u32', groups: 'u32', yOffset: 'u32', perGroup: 'u32' },
    passes: ({ rows: all, ...shape }, device) =>
      splitRows(all, together, shape.chunks * CHUNK * OPERATIONS, device).map(({ row, rows }) => ({
        groups: grid1d(rows, together, device),
        params: { ...shape, rows: row + rows, row },
      })),
    cost: ({ chunks, rows, groups }) => ({
      flops: rows * chunks * CHUNK * OPERATIONS,
      bytes: (rows * chunks * CHUNK * bits) / 8 + 4 * rows * groups + 4 * (rows + chunks * CHUNK),
    }),
  }
}

/** Words that are loaded at once: a chunk's, as far as they are a vector or two. */
const vectorOf = (bits: Width): 1 | 2 | 4 => (bits % 4 === 0 ? 4 : bits === 2 ? 2 : 1)

/** `add_chunk`: chunk c times its x into the sums of so many rows from `first` on. */
function addChunk(bits: Width, together: number): string {
  const size = vectorOf(bits)
  const { shifted, mantissa, weight } = mantissasOf(bits)
  const weights = `vec4f(${counted(4, (i) => `${weight(i)}.0`).join(', ')})`
  const quads = CHUNK / 4
  const load = (r: number) => [
    `let row_${r} = min(first + ${r}u, params.rows - 1u);`,
    ...counted(bits / size, (v) => `let words_${r}_${v} = codes[(row_${r} * params.chunks + c) * LOADS + ${v}u];`),
    `let cell_${r} = cell_at(row_${r} * params.groups + group);`,
  ]
  const multiply = (r: number) => [
    ...counted(bits, (w) => {
      const words = `words_${r}_${Math.floor(w / size)}`
      return `let word_${r}_${w} = ${size === 1 ? words : `${words}[${w % size}]`};`
    }),
    ...shifted(r),
    `var dot_${r} = vec4f();`,
    ...counted(quads, (quad) => {
      const codes = counted(4, (i) => `bitcast<f32>(${mantissa(r, 4 * quad + i)})`)
      return `dot_${r} += x${quad} * vec4f(${codes.join(', ')});`
    }),
    `let line_${r} = line_of(cell_${r}, ${bits}u);`,
    `sum_${r} += line_${r}.x * dot(dot_${r} - all, ${weights}) + line_${r}.y * total;`,
  ]
  const steps = counted(together / STEP, (step) => {
    const rows = counted(STEP, (i) => step * STEP + i)
    return [...rows.flatMap(load), ...rows.flatMap(multiply)]
  }).flat()
  const lines = [
    'let group = c / params.per_group;',
    ...counted(quads, (quad) => `let x${quad} = x[c * ${quads}u + ${quad}u];`),
    `let all = ${counted(quads, (quad) => `x${quad}`).join(' + ')};`,
    'let total = dot(all, vec4f(1.0));',
    ...steps,
  ]
  const sums = counted(together, (r) => `var<private> sum_${r} = 0.0;`)
  return `${sums.join('\n')}\n\nfn add_chunk(c: u32, first: u32) {\n${lines.map((line) => `  ${line}`).join('\n')}\n}`
}
