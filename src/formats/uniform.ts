import { FormatError } from '../errors'
import { forEachCode, groupOfColumn, packAffine } from './affine'
import { packBits, readBits } from './bit-string'
import type { AffineLinear, Grid, QuantizedLinear, Width } from './quantized'

/**
 * How a linear lies in the integer formats of other tools: codes of one width, w = scale·(code − zero), groups of equal
 * size. Narrower columns take the lower or middle codes of the widest, and a group may be cut into equal parts that repeat
 * its scale: the weights stay the same to the bit.
 */
export interface UniformLayout {
  readonly out: number
  readonly in: number
  readonly bits: Width
  /** Columns a group. */
  readonly groupSize: number
  readonly groups: number
  /** Group of every column, original order; null where groups are runs of `groupSize` columns. */
  readonly groupOf: Uint32Array<ArrayBuffer> | null
  /** The linear's own group that each group is a part of. */
  readonly sources: Uint32Array<ArrayBuffer>
  /** Every zero is 2^(bits − 1). */
  readonly symmetric: boolean
  readonly leastZero: number
}

/** Bits a weight from which on a plain float16 is smaller. */
const FLOAT_BITS = 16

/**
 * The layout of a linear in codes of one of these widths (ascending). FormatError, with what holds the linear instead,
 * where no such layout has the same weights.
 */
export function layoutUniform(linear: QuantizedLinear, widths: readonly Width[], format: string): UniformLayout {
  const refuse = (got: string): never => {
    throw new FormatError(
      `${linear.name}: expected levels of scale × (code − zero) for ${format}, got ${got} — keep the packed file, or export a float folder`,
    )
  }
  if (linear.kind === 'sign') return refuse('signs in groups of magnitudes')
  if (linear.grid.type === 'range') return refuse('levels from a minimum and a range')
  const { out, in: columns, grid } = linear
  const zeros = grid.type === 'zero' ? zerosOf(linear) : null
  const needed = Math.max(...linear.segments.map(({ bits }) => codeBits(bits, grid)), bitsFor(zeros))
  const bits = widths.find((width) => width >= needed)
  if (bits === undefined) return refuse(`codes of ${needed} bits`)
  const placed = placeGroups(linear)
  if (bits + FLOAT_BITS / placed.groupSize >= FLOAT_BITS)
    return refuse(`groups whose sizes only ${placed.groupSize} divides, which would take more room than float16`)
  const middle = 2 ** (bits - 1)
  return {
    ...{ out, in: columns, bits, ...placed },
    symmetric: zeros?.every((zero) => zero === middle) ?? true,
    leastZero: zeros?.reduce((least, zero) => Math.min(least, zero), 255) ?? middle,
  }
}

/** A symmetric bit is −1 or 1: two steps apart, which takes two bits around a zero. */
const codeBits = (bits: Width, grid: Grid): number => (grid.type === 'symmetric' && bits === 1 ? 2 : bits)

const bitsFor = (zeros: Uint8Array | null): number =>
  zeros ? Math.ceil(Math.log2(1 + zeros.reduce((most, zero) => Math.max(most, zero), 1))) : 1

/** Cuts the groups of a linear into parts of equal size, in order of their first columns. */
function placeGroups(linear: AffineLinear): Pick<UniformLayout, 'groupSize' | 'groups' | 'groupOf' | 'sources'> {
  const { in: columns, perm, groups } = linear
  const own = new Uint32Array(columns)
  for (let stored = 0; stored < columns; stored++) own[perm ? perm[stored]! : stored] = groupOfColumn(linear, stored)
  const sizes = new Uint32Array(groups)
  for (const group of own) sizes[group]!++
  const groupSize = sizes.reduce(commonDivisor, 0)
  const groupOf = new Uint32Array(columns)
  const sources: number[] = []
  const filled = new Uint32Array(groups)
  const open = new Uint32Array(groups)
  own.forEach((group, column) => {
    if (filled[group]!++ % groupSize === 0) open[group] = sources.push(group) - 1
    groupOf[column] = open[group]!
  })
  const plain = groupOf.every((group, column) => group === Math.floor(column / groupSize))
  return {
    ...{ groupSize, groups: sources.length, sources: Uint32Array.from(sources) },
    groupOf: plain ? null : groupOf,
  }
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** Codes of the layout, [out, in] in the original column order. */
export function uniformCodes(linear: AffineLinear, { bits: wide }: UniformLayout): Uint8Array<ArrayBuffer> {
  const codes = new Uint8Array(linear.out * linear.in)
  const symmetric = linear.grid.type === 'symmetric'
  const middle = 2 ** (wide - 1)
  forEachCode(linear, (index, code, _row, _stored, bits) => {
    if (!symmetric) codes[index] = code
    else codes[index] = middle + (bits === 1 ? 2 * code - 1 : code - 2 ** (bits - 1))
  })
  return codes
}

/** f16 scales, [out, groups]. */
export function uniformScales(
  { out, groups: own, grid }: AffineLinear,
  layout: UniformLayout,
): Uint16Array<ArrayBuffer> {
  const { groups, sources } = layout
  const scale = grid.type === 'range' ? grid.min : grid.scale
  return Uint16Array.from({ length: out * groups }, (_, cell) => {
    return scale[Math.floor(cell / groups) * own + sources[cell % groups]!]!
  })
}

/** Zeros, [out, groups]. */
export function uniformZeros(linear: AffineLinear, layout: UniformLayout): Uint8Array<ArrayBuffer> {
  const { bits, groups, sources } = layout
  const zeros = linear.grid.type === 'zero' ? zerosOf(linear) : null
  if (!zeros) return new Uint8Array(linear.out * groups).fill(2 ** (bits - 1))
  return Uint8Array.from({ length: linear.out * groups }, (_, cell) => {
    return zeros[Math.floor(cell / groups) * linear.groups + sources[cell % groups]!]!
  })
}

function zerosOf({ out, groups, grid }: AffineLinear): Uint8Array<ArrayBuffer> {
  if (grid.type !== 'zero') return new Uint8Array(0)
  const { zeros, zeroBits } = grid
  return Uint8Array.from({ length: out * groups }, (_, cell) => readBits(zeros, cell * zeroBits, zeroBits))
}

/** What a file of such a format says of a linear. */
export interface UniformLinear {
  readonly name: string
  readonly out: number
  readonly in: number
  readonly bits: Width
  readonly groupSize: number
  readonly groups: number
  readonly groupOf: Uint16Array<ArrayBuffer> | null
  /** [out, in], original column order. */
  readonly codes: Uint8Array
  /** f16 [out, groups]. */
  readonly scale: Uint16Array<ArrayBuffer>
  /** [out, groups]; null where every zero is 2^(bits − 1). */
  readonly zeros: Uint8Array | null
}

/** The same linear as Bitloom computes with it. */
export function fromUniform({ bits, scale, zeros, ...rest }: UniformLinear): AffineLinear {
  const middle = 2 ** (bits - 1)
  const symmetric = bits > 1 && (!zeros || zeros.every((zero) => zero === middle))
  const stated = zeros ?? new Uint8Array(scale.length).fill(middle)
  return packAffine({
    ...{ ...rest, perm: null, segments: [{ bits, columns: rest.in }] },
    grid: symmetric
      ? { type: 'symmetric', scale }
      : { type: 'zero', scale, zeroBits: bits, zeros: packBits(stated, bits) },
  })
}
