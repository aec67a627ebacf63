import { FormatError } from '../../errors'
import { declaredBits, sumBits } from '../bits'
import { type PartName, partsOf, validateHeader, validateLinear } from '../linear-check'
import type { PackedModel, StoredLinears } from '../packed-model'
import type { ModelSource } from '../source'
import { readModule } from './module-tensors'
import { partTensor, READABLE } from './names'
import { readAffine, readSign } from './read-linear'
import { linearsFromJson, reportFromJson } from './schema'
import { storedTensor } from './tensors'

/**
 * Linears among the tensors of a file, by what its metadata says of them. FormatError where a tensor is not as described,
 * before any is loaded.
 */
export function readLinears(tensors: ModelSource['tensors'], json: string | undefined): StoredLinears {
  const headers = linearsFromJson(json)
  for (const [name, header] of headers) {
    validateHeader(name, header)
    for (const [part, { dtype, shape }] of partsOf(header))
      storedTensor(tensors, partTensor(name, part), dtype, [shape])
    if (tensors.has(`${name}.weight`))
      throw new FormatError(`${name}: expected packed codes or a plain weight, got both — pack the model again`)
  }
  const linear = async (name: string) => {
    const header = headers.get(name)
    if (!header)
      throw new FormatError(
        `${name}: expected a packed linear, got none of that name — see the model's list of linears`,
      )
    const bytesOf = async (part: PartName) => (await tensors.get(partTensor(name, part))!.read()).buffer
    const read =
      header.kind === 'sign' ? await readSign(name, header, bytesOf) : await readAffine(name, header, bytesOf)
    validateLinear(read)
    return read
  }
  return { headers, linear }
}

/** Reads the description of a packed model and holds every tensor against it, before any is loaded. FormatError if not. */
export async function readBitloom(source: ModelSource): Promise<PackedModel> {
  const { metadata, tensors } = source
  if (metadata.format !== 'bitloom')
    throw new FormatError('model: expected a packed Bitloom file, got a checkpoint — quantize it first')
  const version = metadata['bitloom.version']
  if (!READABLE.includes(version))
    throw new FormatError(
      `model: expected packed format version ${READABLE.join(', ')}, got ${JSON.stringify(version?.slice(0, 20) ?? null)} — open it with a Bitloom of the release that wrote it, or pack it again`,
    )
  const { headers, linear } = readLinears(tensors, metadata['bitloom.linears'])
  const { modules, ...report } = reportFromJson(metadata['bitloom.report'])
  // Each module has its own columns; a name given twice would have them read, and held, twice.
  if (new Set(modules.map(({ name }) => name)).size < modules.length)
    throw new FormatError('metadata bitloom.report: expected each module once, got a name twice — pack the model again')
  const records = []
  for (const module of modules) records.push(await readModule(tensors, module))
  const bits = sumBits([...headers.values()].map((h) => ({ bits: declaredBits(h), weights: h.out * h.in })))
  return { names: [...headers.keys()], headers, bits, report: { ...report, modules: records }, linear }
}
