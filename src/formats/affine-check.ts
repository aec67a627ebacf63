import { FormatError } from '../errors'
import { codeWords } from './affine'
import { wordsFor } from './bit-string'
import {
  countGroups,
  type PlacedColumns,
  packWidths,
  placeColumns,
  unpackWidths,
  WIDTH_BITS,
  widthsOf,
} from './column-rule'
import { type AffineLinear, type Grid, type Ranges, type Segment, WIDTHS, type Width } from './quantized'

/** What a packed linear says of itself: enough to know the length of every array before any is made. */
export interface AffineHeader {
  readonly kind: 'affine'
  readonly out: number
  readonly in: number
  readonly segments: readonly Segment[]
  readonly groupSize: number
  readonly groups: number
  /** Whether a `perm`, and a `group` of every column, are stored; neither is where a rule gives both. */
  readonly permuted: boolean
  readonly named: boolean
  readonly rule?: Ranges
  readonly grid:
    | { readonly type: 'symmetric' }
    | { readonly type: 'range' }
    | { readonly type: 'zero'; readonly zeroBits: Width }
}

export function headerOf(linear: AffineLinear): AffineHeader {
  const { kind, out, in: columns, segments, groups, groupOf, groupSize, perm, rule, grid } = linear
  return {
    kind,
    out,
    in: columns,
    segments: segments.map(({ bits, columns }) => ({ bits, columns })),
    groupSize,
    groups,
    permuted: !rule && perm !== null,
    named: !rule && groupOf !== null,
    ...(rule && { rule }),
    grid: grid.type === 'zero' ? { type: 'zero', zeroBits: grid.zeroBits } : { type: grid.type },
  }
}

export const partNames = ['codes', 'scale', 'min', 'range', 'zeros', 'perm', 'group', 'widths'] as const
export type PartName = (typeof partNames)[number]
export interface Part {
  readonly dtype: 'U32' | 'U16' | 'F16'
  readonly shape: readonly number[]
}

/** The arrays that a linear consists of, and their shapes. */
export function partsOf(header: AffineHeader): ReadonlyMap<PartName, Part> {
  const { out, in: columns, segments, groups, permuted, named, rule, grid } = header
  const cells: Part = { dtype: 'F16', shape: [out, groups] }
  const parts = new Map<PartName, Part>([['codes', { dtype: 'U32', shape: [codeWords(segments, out)] }]])
  if (grid.type === 'range') parts.set('min', cells).set('range', cells)
  else parts.set('scale', cells)
  if (grid.type === 'zero') parts.set('zeros', { dtype: 'U32', shape: [wordsFor(out * groups, grid.zeroBits)] })
  if (permuted) parts.set('perm', { dtype: 'U32', shape: [columns] })
  if (named) parts.set('group', { dtype: 'U16', shape: [columns] })
  // Columns of a single segment all have its width.
  if (rule && segments.length > 1) parts.set('widths', { dtype: 'U32', shape: [wordsFor(columns, WIDTH_BITS)] })
  return parts
}

export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

/** FormatError unless the numbers of a header agree with each other. `where` names the linear in the message. */
export function validateHeader(where: string, header: AffineHeader): void {
  const { out, in: columns, segments, groups, groupSize, permuted, named, rule, grid } = header
  const fail = failure(where)
  // Codes are addressed with 32-bit integers on the GPU.
  if (!isCount(out) || !isCount(columns) || out * columns > 2 ** 32)
    fail(`expected a matrix of 1 to 2^32 weights, got [${out}, ${columns}]`)
  for (const { bits, columns: count } of segments)
    if (!WIDTHS.includes(bits) || !isCount(count))
      fail(`expected segments of ${WIDTHS.join(', ')} bits and at least one column, got ${bits} bits, ${count} columns`)
  const total = segments.reduce((sum, { columns: count }) => sum + count, 0)
  if (total !== columns) fail(`expected segments of ${columns} columns together, got ${total}`)
  if (!isCount(groups)) fail(`expected at least one group, got ${groups}`)
  const ascending = segments.every(({ bits }, i) => i === 0 || bits > segments[i - 1]!.bits)
  if (rule && (permuted || named || !ascending))
    fail(
      `expected segments of growing width, no perm and no group beside rule '${rule}', got widths ${segments.map(({ bits }) => bits)}, permuted ${permuted}, named ${named}`,
    )
  if ((named || rule) && groups > 65536) fail(`expected at most 65536 groups, got ${groups}`)
  const covering = () => (rule ? countGroups(segments, { groupSize, ranges: rule }) : Math.ceil(columns / groupSize))
  if (!named && (!isCount(groupSize) || groups !== covering()))
    fail(`expected groups of ${groupSize} to cover ${columns} columns, got ${groups}`)
  if (grid.type === 'zero' && !WIDTHS.includes(grid.zeroBits))
    fail(`expected zeros of ${WIDTHS.join(', ')} bits, got ${grid.zeroBits}`)
}

/**
 * Order and groups of the columns of a linear with a rule, from its stored widths, or null for a single segment.
 * FormatError unless as many columns have each width as its segment. The header is valid.
 */
export function placeByRule(
  where: string,
  { in: columns, segments, groupSize }: AffineHeader,
  ranges: Ranges,
  stored: Uint32Array | null,
): PlacedColumns {
  const widths = stored ? unpackWidths(stored, columns) : new Uint8Array(columns).fill(segments[0]!.bits)
  const placed = placeColumns(widths, { groupSize, ranges })
  const counts = (of: readonly Segment[]) => of.map(({ bits, columns: count }) => `${count} of ${bits} bits`).join(', ')
  if (counts(placed.segments) !== counts(segments))
    failure(where)(`expected widths of ${counts(segments)}, got ${counts(placed.segments)}`)
  return placed
}

/**
 * FormatError unless every array has the length its header gives, the permutation is one, groups exist (and are those of
 * the rule, where there is one) and scales are finite: after this, nothing that reads the linear can leave its arrays.
 */
export function validateAffine(linear: AffineLinear): void {
  const header = headerOf(linear)
  validateHeader(linear.name, header)
  const arrays = arraysOf(linear)
  for (const [part, { shape }] of partsOf(header)) {
    const length = shape.reduce((product, n) => product * n, 1)
    if (arrays[part]?.length !== length)
      failure(linear.name)(`expected ${length} values of ${part}, got ${arrays[part]?.length ?? 'none'}`)
  }
  validatePermutation(linear)
  validateRule(linear)
  const outside = linear.groupOf?.find((group) => group >= linear.groups)
  if (outside !== undefined) failure(linear.name)(`expected groups below ${linear.groups}, got ${outside}`)
  for (const part of ['scale', 'min', 'range'] as const)
    if (arrays[part]?.some((half) => (half & 0x7c00) === 0x7c00))
      failure(linear.name)(`expected finite values of ${part}, got NaN or infinity`)
}

/** The stored arrays by the name of their part. */
export function arraysOf(linear: AffineLinear): GridArrays & {
  codes: Uint32Array<ArrayBuffer>
  perm?: Uint32Array<ArrayBuffer> | undefined
  group?: Uint16Array<ArrayBuffer> | undefined
  widths?: Uint32Array<ArrayBuffer> | undefined
} {
  const { codes, perm, groupOf, segments, rule, grid } = linear
  const stated = { codes, ...gridArrays(grid) }
  if (!rule) return { ...stated, perm: perm ?? undefined, group: groupOf ?? undefined }
  return { ...stated, widths: segments.length > 1 ? packWidths(widthsOf(linear)) : undefined }
}

interface GridArrays {
  scale?: Uint16Array<ArrayBuffer>
  zeros?: Uint32Array<ArrayBuffer>
  min?: Uint16Array<ArrayBuffer>
  range?: Uint16Array<ArrayBuffer>
}

function gridArrays(grid: Grid): GridArrays {
  if (grid.type === 'range') return { min: grid.min, range: grid.range }
  return grid.type === 'zero' ? { scale: grid.scale, zeros: grid.zeros } : { scale: grid.scale }
}

function validatePermutation({ name, in: columns, perm }: AffineLinear): void {
  if (!perm) return
  if (perm.length !== columns) failure(name)(`expected ${columns} values of perm, got ${perm.length}`)
  const seen = new Uint8Array(perm.length)
  for (const column of perm) {
    if (column >= perm.length || seen[column])
      failure(name)(`expected perm to name each of ${perm.length} columns once, got ${column} again or outside`)
    seen[column] = 1
  }
}

function validateRule(linear: AffineLinear): void {
  const { name, groupSize, groupOf, perm, rule } = linear
  if (!rule) return
  const placed = placeColumns(widthsOf(linear), { groupSize, ranges: rule })
  if (!sameValues(perm, placed.perm) || !sameValues(groupOf, placed.storedGroupOf))
    failure(name)(`expected the order and the groups of rule '${rule}', got others`)
}

type Indices = Uint32Array | Uint16Array
const sameValues = (a: Indices | null, b: Indices | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((value, i) => value === b[i]))

/** Throws the FormatError of a linear whose file does not hold what it says. */
export const failure =
  (where: string) =>
  (what: string): never => {
    throw new FormatError(`${where}: ${what} — the file is damaged; pack the model again`)
  }
