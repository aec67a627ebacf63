import signsSource from '../../shaders/lib/signs.wgsl?raw'
import sumsSource from '../../shaders/lib/store_sums.wgsl?raw'
import vectorSource from '../../shaders/sign_vector.wgsl?raw'
import { idPlanes } from '../formats/sign'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { type PackedSign, type Plane, type SignRowsShape, signParams } from './sign-panel'

const WORD = 32
/** Invocations that share rows; all of one workgroup read x once. */
const LANES = 16
/** Groups up to which choosing a level in registers is cheaper than a table in workgroup memory. */
const CHOSEN = 2

/** What decides the source text. */
export interface SignVectorVariant {
  readonly groups: number
  /** All weights choose from the same levels. */
  readonly oneCell: boolean
  readonly salient: boolean
  /** Tokens at a time. */
  readonly most: 1 | 4
  /** Invocations of a workgroup: many share x well, few spread a small matrix over more of the device. */
  readonly size: 64 | 256
}

export interface SignVectorShape extends SignRowsShape {
  readonly tokens: number
  /** First token to take. */
  readonly token: number
}

/** Whether the columns of a word have the same levels. */
export const wordsOfOneCell = ({ in: columns, blockColumns }: Pick<PackedSign, 'in' | 'blockColumns'>): boolean =>
  blockColumns >= columns || blockColumns % WORD === 0

/** y [tokens, out] = x [tokens, in] · Ŵᵀ of one panel for up to `most` tokens; a linear for which `wordsOfOneCell`. */
export function signVector(variant: SignVectorVariant): Kernel<'x' | Plane | 'y', SignVectorShape> {
  const { groups, oneCell, salient, most, size } = variant
  const rows = most === 1 ? 2 : 1
  const items = (size / LANES) * rows
  const table = oneCell && groups > CHOSEN
  const operations = 2 * most + (table ? 4 : 2 * groups) + idPlanes(groups)
  return {
    label: `signs of ${groups} groups${oneCell ? ' alike' : ''}${salient ? ' salient' : ''} · ${most} tokens ${size}`,
    wgsl: wgsl([signsSource, vectorSource, sumsSource, addWord({ groups, table, rows, tokens: most })], {
      ...{ SIZE: size, LANES, ROWS: rows, TOKENS: most, SUMS: rows * most, TILE: 64 / most },
      ...{ SALIENT: salient, ONE_CELL: table },
    }),
    bindings: { x: 'read', planes: 'read', levels: 'read', ranks: 'read', second: 'read', y: 'read_write' },
    params: {
      ...({ columns: 'u32', rows: 'u32', row: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
      ...({ tokens: 'u32', token: 'u32', spare: 'u32', ...signParams } as const),
    },
    passes: ({ rows: all, signs, ...shape }, device) =>
      splitRows(all, items, shape.columns * operations, device).map(({ row, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: { ...shape, rows: row + part, row, spare: 0, ...signs },
      })),
    cost: ({ columns, rows: all, signs }) => ({
      flops: all * columns * operations,
      bytes: (all * columns * (1 + signs.idPlanes)) / 8 + 4 * most * (all + columns),
    }),
  }
}

interface Unrolled {
  readonly groups: number
  readonly table: boolean
  readonly rows: number
  readonly tokens: number
}

const counted = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** `add_word`: word `word` of the planes, which is word `i` of the tile, times x into the sums of rows from `first` on. */
function addWord({ groups, table, rows, tokens }: Unrolled): string {
  const each = (make: (r: number) => string[]) => counted(rows, make).flat()
  const planes = 1 + idPlanes(groups)
  const { prepared, weight } = table ? lookedUp(planes) : chosen(groups)
  const lines = [
    ...counted(tokens, (t) => `let at_${t} = (${t}u * TILE + i) * STRIDE;`),
    ...each((r) => [
      `let row_${r} = min(first + ${r}u, params.rows - 1u);`,
      `let place_${r} = row_${r} * params.signs.row_words + word;`,
      ...counted(planes, (p) => `let plane_${r}_${p} = planes[${p}u * params.signs.plane_words + place_${r}];`),
      ...prepared(r),
    ]),
    ...counted(WORD / 4, (quad) => [
      ...counted(tokens, (t) => `let x${quad}_${t} = x_tile[at_${t} + ${quad}u];`),
      ...each((r) => [
        `let w${quad}_${r} = vec4f(${counted(4, (i) => weight(r, 4 * quad + i)).join(', ')});`,
        ...counted(tokens, (t) => `sum_${r}_${t} += x${quad}_${t} * w${quad}_${r};`),
      ]),
    ]).flat(),
  ]
  return `
fn add_word(word: u32, i: u32, first: u32) {
${lines.map((line) => `  ${line}`).join('\n')}
}`
}

/** A weight is chosen among the levels of its cell by one bit after the other, in registers. */
function chosen(groups: number) {
  const choice = (r: number, i: number, plane: number, code: number): string => {
    if (plane < 0) return `level_${r}_${code}`
    const [zero, one] = [code, code + 2 ** plane]
    const low = choice(r, i, plane - 1, zero)
    if (one >= 2 * groups) return low
    return `select(${low}, ${choice(r, i, plane - 1, one)}, (plane_${r}_${plane} & ${2 ** i}u) != 0u)`
  }
  return {
    prepared: (r: number) => [
      `let cell_${r} = cell_at(params.signs, row_${r}, word * 32u);`,
      ...counted(2 * groups, (code) => `let level_${r}_${code} = levels[cell_${r} + ${code}u];`),
    ],
    weight: (r: number, i: number) => choice(r, i, idPlanes(groups), 0),
  }
}

/** The bits of a column from all planes side by side say where its weight is in `table`: columns 4 apart share a word. */
function lookedUp(planes: number) {
  const nibbles = (r: number, i: number) =>
    counted(planes, (p) => `(${moved(`plane_${r}_${p}`, i - p)} & ${0x11111111 * 2 ** p}u)`).join(' | ')
  return {
    prepared: (r: number) => counted(4, (i) => `let codes_${r}_${i} = ${nibbles(r, i)};`),
    weight: (r: number, i: number) => `table[${moved(`codes_${r}_${i % 4}`, i - (i % 4))} & 15u]`,
  }
}

const moved = (name: string, by: number) => (by === 0 ? name : by > 0 ? `(${name} >> ${by}u)` : `(${name} << ${-by}u)`)
