import * as affine from './affine-check'
import type { QuantizedLinear } from './quantized'
import * as sign from './sign-check'

/** What a packed linear says of itself, whatever its kind. */
export type LinearHeader = affine.AffineHeader | sign.SignHeader
export type PartName = affine.PartName | sign.PartName

/** Names of the arrays of all kinds. */
export const partNames: readonly PartName[] = [...affine.partNames, ...sign.partNames]

export const headerOf = (linear: QuantizedLinear): LinearHeader =>
  linear.kind === 'sign' ? sign.headerOf(linear) : affine.headerOf(linear)

/** The arrays that a linear consists of, and their shapes. */
export const partsOf = (header: LinearHeader): ReadonlyMap<PartName, affine.Part> =>
  header.kind === 'sign' ? sign.partsOf(header) : affine.partsOf(header)

/** FormatError unless the numbers of a header agree with each other. `where` names the linear in the message. */
export const validateHeader = (where: string, header: LinearHeader): void =>
  header.kind === 'sign' ? sign.validateHeader(where, header) : affine.validateHeader(where, header)

/** The stored arrays by the name of their part. */
export const arraysOf = (
  linear: QuantizedLinear,
): Partial<Record<PartName, Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | undefined>> =>
  linear.kind === 'sign' ? sign.arraysOf(linear) : affine.arraysOf(linear)

/** FormatError unless nothing that reads the linear can leave its arrays. */
export const validateLinear = (linear: QuantizedLinear): void =>
  linear.kind === 'sign' ? sign.validateSign(linear) : affine.validateAffine(linear)
