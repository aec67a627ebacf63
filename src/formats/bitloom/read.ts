import { FormatError } from '../../errors'
import type { EffectiveBits, RunReport } from '../../records'
import { type AffineHeader, type PartName, partsOf, placeByRule, validateAffine, validateHeader } from '../affine-check'
import { declaredBits, sumBits } from '../bits'
import type { Grid, QuantizedLinear } from '../quantized'
import type { ModelSource } from '../source'
import { readModule } from './module-tensors'
import { partTensor, READABLE } from './names'
import { linearsFromJson, reportFromJson } from './schema'
import { storedTensor } from './tensors'

/** A packed model: what it holds is known, the linears are read one at a time when asked for. */
export interface PackedModel {
  readonly names: readonly string[]
  readonly headers: ReadonlyMap<string, AffineHeader>
  /** Bits a weight of all linears together, from the sizes of their stored arrays. */
  readonly bits: EffectiveBits
  readonly report: RunReport
  /** FormatError when the stored values do not make a valid linear. */
  linear(name: string): Promise<QuantizedLinear>
}

/** Reads the description of a packed model and holds every tensor against it, before any is loaded. FormatError if not. */
export async function readBitloom(source: ModelSource): Promise<PackedModel> {
  const { metadata, tensors } = source
  if (metadata.format !== 'bitloom')
    throw new FormatError('model: expected a packed Bitloom file, got a checkpoint — quantize it first')
  const version = metadata['bitloom.version']
  if (!READABLE.includes(version))
    throw new FormatError(
      `model: expected packed format version ${READABLE.join(' or ')}, got ${JSON.stringify(version?.slice(0, 20) ?? null)} — open it with a Bitloom of the release that wrote it, or pack it again`,
    )
  const headers = linearsFromJson(metadata['bitloom.linears'])
  for (const [name, header] of headers) {
    validateHeader(name, header)
    for (const [part, { dtype, shape }] of partsOf(header))
      storedTensor(tensors, partTensor(name, part), dtype, [shape])
    if (tensors.has(`${name}.weight`))
      throw new FormatError(`${name}: expected packed codes or a plain weight, got both — pack the model again`)
  }
  const { modules, ...report } = reportFromJson(metadata['bitloom.report'])
  // Each module has its own columns; a name given twice would have them read, and held, twice.
  if (new Set(modules.map(({ name }) => name)).size < modules.length)
    throw new FormatError('metadata bitloom.report: expected each module once, got a name twice — pack the model again')
  const records = []
  for (const module of modules) records.push(await readModule(tensors, module))
  const linear = async (name: string) => {
    const header = headers.get(name)
    if (!header)
      throw new FormatError(
        `${name}: expected a packed linear, got none of that name — see the model's list of linears`,
      )
    const read = await readLinear(tensors, name, header)
    validateAffine(read)
    return read
  }
  const bits = sumBits([...headers.values()].map((h) => ({ bits: declaredBits(h), weights: h.out * h.in })))
  return { names: [...headers.keys()], headers, bits, report: { ...report, modules: records }, linear }
}

type Tensors = ModelSource['tensors']

async function readLinear(tensors: Tensors, name: string, header: AffineHeader): Promise<QuantizedLinear> {
  const bufferOf = async (part: PartName) => (await tensors.get(partTensor(name, part))!.read()).buffer
  const words = async (part: PartName) => new Uint32Array(await bufferOf(part))
  const halves = async (part: PartName) => new Uint16Array(await bufferOf(part))
  const { permuted, named, grid: stated, ...shape } = header
  const readGrid = async (): Promise<Grid> => {
    if (stated.type === 'symmetric') return { ...stated, scale: await halves('scale') }
    if (stated.type === 'range') return { type: 'range', min: await halves('min'), range: await halves('range') }
    return { ...stated, scale: await halves('scale'), zeros: await words('zeros') }
  }
  const readPlaces = async () => {
    if (!shape.rule)
      return { perm: permuted ? await words('perm') : null, groupOf: named ? await halves('group') : null }
    const widths = partsOf(header).has('widths') ? await words('widths') : null
    const { perm, storedGroupOf: groupOf } = placeByRule(name, header, shape.rule, widths)
    return { perm, groupOf }
  }
  return {
    ...shape,
    name,
    ...(await readPlaces()),
    codes: await words('codes'),
    grid: await readGrid(),
  }
}
