import { FormatError } from '../errors'
import type { EffectiveBits, ModuleRecord, RunReport } from '../records'
import { version as bitloom } from '../version'
import { type AffineHeader, validateAffine, validateHeader } from './affine-check'
import { sumBits } from './bits'
import { decodeFloat16, encodeFloat16, toFloat32 } from './floats'
import type { PackedModel } from './packed-model'
import type { Width } from './quantized'
import type { ModelSource, TensorEntry } from './source'
import { fromUniform, type UniformLinear } from './uniform'

/** A linear that the model must have, as its config.json implies. */
export interface LinearShape {
  readonly name: string
  readonly layer: number
  readonly role: string
  readonly out: number
  readonly in: number
}

/** A linear as found in the files of other software: everything but the values of its tensors has been checked. */
export interface ForeignLinear {
  readonly bits: Width
  readonly groupSize: number
  readonly groups: number
  /** Bytes of its tensors by what they are. */
  readonly bytes: { readonly code: number; readonly scale: number; readonly index: number }
  read(): Promise<UniformLinear>
}

/**
 * A checkpoint that other software quantized, as a packed model. What a run would know, and such files do not hold, is not
 * made up: errors are NaN.
 */
export function foreignModel(
  source: ModelSource,
  {
    method,
    parts,
    linears,
  }: { method: string; parts: readonly string[]; linears: ReadonlyMap<LinearShape, ForeignLinear> },
): PackedModel {
  const headers = new Map<string, AffineHeader>()
  const byName = new Map<string, ForeignLinear>()
  for (const [shape, linear] of linears) {
    const header = headerOf(shape, linear)
    validateHeader(shape.name, header)
    headers.set(shape.name, header)
    byName.set(shape.name, linear)
  }
  const modules = [...linears].map(([shape, linear]) => recordOf(shape, linear))
  const bits = sumBits(modules.map((module) => ({ bits: module.bits, weights: module.out * module.in })))
  const [first] = linears.values()
  const parameters = parametersOf(source, parts, modules)
  const report: RunReport = {
    ...{ version: 1, bitloom, calibrationDigest: null, device: { name: 'unknown', software: false } },
    model: { name: method, parameters, bytes: HALF * parameters },
    recipe: {
      ...{ version: 1, method, seed: 0, calibration: { text: '', samples: 0, length: 0, pick: 'first' } },
      options: first ? { bits: first.bits, groupSize: first.groupSize } : {},
    },
    ...{ bits, modules, seconds: { total: 0 }, peakGpuBytes: 0 },
    warnings: ['quantized by other software: its errors against the original model are not known'],
  }
  const linear = async (name: string) => {
    const found = byName.get(name)
    if (!found)
      throw new FormatError(`${name}: expected a quantized linear, got none of that name — see the model's list`)
    const made = fromUniform(await found.read())
    validateAffine(made)
    return made
  }
  return { names: [...headers.keys()], headers, bits, report, linear }
}

/** Bytes of a float16: the original is taken to have been made of them. */
const HALF = 2

/** Parameters of the model: of what is stored as it is, and of the linears whose parts are not. */
function parametersOf({ tensors }: ModelSource, parts: readonly string[], modules: readonly ModuleRecord[]): number {
  const coded = new Set(modules.flatMap(({ name }) => parts.map((part) => `${name}.${part}`)))
  const plain = [...tensors.values()].filter(({ name }) => !coded.has(name))
  return (
    plain.reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0) +
    modules.reduce((sum, module) => sum + module.out * module.in, 0)
  )
}

/** Whether columns name their groups, and zeros are kept, is known once they are read. */
const headerOf = ({ out, in: columns }: LinearShape, { bits, groupSize, groups }: ForeignLinear): AffineHeader => ({
  ...{ kind: 'affine', out, in: columns, segments: [{ bits, columns }], groupSize, groups },
  ...{ permuted: false, named: true, grid: { type: 'zero', zeroBits: bits } },
})

function recordOf({ name, layer, role, out, in: columns }: LinearShape, { bits, bytes }: ForeignLinear): ModuleRecord {
  const perWeight = (count: number) => (8 * count) / (out * columns)
  const [code, scale, index] = [bytes.code, bytes.scale, bytes.index].map(perWeight) as [number, number, number]
  const effective: EffectiveBits = { code, scale, index, total: code + scale + index }
  const unknown = new Float32Array(columns).fill(Number.NaN)
  return {
    ...{ name, layer, role, out, in: columns, bits: effective, error: { weight: Number.NaN, output: null } },
    ...{ damping: null, deadColumns: 0, seconds: 0, warnings: [] },
    columns: {
      ...{ bits: new Float32Array(columns).fill(bits), error: unknown },
      ...{ hessian: null, factor: null, norm: null, salient: null },
    },
    ...{ training: null, graph: null, published: null, grouping: null, flips: null, reconstruction: null },
  }
}

/** A tensor of one of these dtypes and shapes, or null where there is none of the name. FormatError for another. */
export function optionalTensor(
  tensors: ModelSource['tensors'],
  name: string,
  dtypes: readonly string[],
  shapes: readonly (readonly number[])[],
): TensorEntry | null {
  const entry = tensors.get(name)
  if (!entry) return null
  if (dtypes.includes(entry.dtype) && shapes.some((shape) => String(shape) === String(entry.shape))) return entry
  throw new FormatError(
    `tensor ${name}: expected ${dtypes.join(' or ')} ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' or ')}, got ${entry.dtype} [${entry.shape.slice(0, 8).join(', ')}] — the tensors and config.json are of different models; fetch them again`,
  )
}

export function neededTensor(...[tensors, name, dtypes, shapes]: Parameters<typeof optionalTensor>): TensorEntry {
  const entry = optionalTensor(tensors, name, dtypes, shapes)
  if (entry) return entry
  throw new FormatError(
    `tensor ${name}: expected ${dtypes.join(' or ')} [${shapes[0]?.join(', ')}], got none — add the weight file that holds it, or use the config.json that came with these weights`,
  )
}

export const FLOATS = ['F16', 'BF16', 'F32'] as const

/** Scales as float16. FormatError for those that it cannot hold: codes are never computed with another scale. */
export async function readScales(entry: TensorEntry): Promise<Uint16Array<ArrayBuffer>> {
  const bytes = await entry.read()
  if (entry.dtype === 'F16') return new Uint16Array(bytes.buffer)
  const values = toFloat32(bytes, entry.dtype)
  const halves = encodeFloat16(values)
  const back = decodeFloat16(halves)
  const bad = back.findIndex((value, i) => value !== values[i])
  if (bad >= 0)
    throw new FormatError(
      `tensor ${entry.name}: expected scales that float16 holds, got ${values[bad]} — use a checkpoint whose scales are float16`,
    )
  return halves
}

/** Group of every column; null where groups are runs of `groupSize` columns. FormatError for one that does not exist. */
export async function readGroups(
  entry: TensorEntry,
  groups: number,
  groupSize: number,
): Promise<Uint16Array<ArrayBuffer> | null> {
  const stated = new Int32Array((await entry.read()).buffer)
  const outside = stated.find((group) => group < 0 || group >= groups)
  if (outside !== undefined)
    throw new FormatError(
      `tensor ${entry.name}: expected groups from 0 to ${groups - 1}, got ${outside} — the file is damaged; fetch it again`,
    )
  return stated.every((group, column) => group === Math.floor(column / groupSize)) ? null : Uint16Array.from(stated)
}
