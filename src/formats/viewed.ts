import { FormatError } from '../errors'
import type { FileView, MetadataEntry, TensorFacts } from '../file-records'
import { visible } from '../visible'
import { reservedPrefix } from './bitloom/names'
import type { ByteSource } from './bytes'
import { type GgufHeader, isGguf, readGguf } from './gguf/header'
import { leaves, metadataEntries } from './metadata-entries'
import { enclosedPrefix, isPacked } from './packed-file'
import { readSafetensors, type Safetensors } from './safetensors'
import { parseJsonObject, readSideFile } from './side-files'
import { sniffBytes } from './sniff'
import type { ModelSource, TensorEntry } from './source'
import { kindOf, placeOf } from './tensor-kinds'
import { findLinears } from './viewed-linears'
import { type ViewedTensor, viewedBlocks, viewedEntry, viewedLinear } from './viewed-tensor'
import { findWeights } from './weight-files'

/** Files opened for looking: what they say, and the tensors that can be drawn, each read when it is asked for. */
export interface Viewed {
  readonly facts: FileView
  readonly tensors: ReadonlyMap<string, ViewedTensor>
}

/** Side files that describe weights, whose entries are shown beside the weights' own. */
const DESCRIPTIONS = ['config.json', 'adapter_config.json', 'quantize_config.json']

/**
 * Opens weight files of any architecture, or of none, whole or some of many: headers are read, and the side files that describe
 * them. FormatError where a header cannot be read, or nothing here holds weights.
 */
export async function openViewed(files: readonly ByteSource[], name: string): Promise<Viewed> {
  const named = (ending: RegExp) => files.filter((file) => ending.test(file.name))
  const [only] = files
  const weights = await chosen(files, named(/\.safetensors$/i))
  if (weights.length > 0) return viewSafetensors(weights, files, name)
  const gguf = named(/\.gguf$/i)
  if (gguf.length > 0) return viewGguf([...new Map(gguf.map((file) => [file.name, file])).values()], name)
  if (!only || files.length > 1 || only.name.endsWith('.json'))
    throw new FormatError('files: expected *.safetensors or *.gguf, got none — drop files that hold weights')
  // a cache may have taken the name away
  const isGgufFile = isGguf(await only.read(0, Math.min(only.size, sniffBytes)))
  return isGgufFile ? viewGguf([only], name) : viewSafetensors([only], files, name)
}

/** The weight files that opening a model would choose; all, where it would not know. */
async function chosen(files: readonly ByteSource[], named: readonly ByteSource[]): Promise<readonly ByteSource[]> {
  if (named.length < 2) return named
  const byName = new Map(files.map((file) => [file.name, file]))
  const found = await findWeights(byName).catch((error) => {
    if (error instanceof FormatError) return null
    throw error
  })
  if (found && found.present.length > 0) return found.present
  return [...new Map(named.map((file) => [file.name, file])).values()]
}

const countOf = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1)

/** A tensor's place in a table: names may occur in several files. */
function uniqueName(taken: ReadonlyMap<string, unknown>, name: string, file: string): string {
  return taken.has(name) ? `${name} (${file})` : name
}

async function viewGguf(files: readonly ByteSource[], name: string): Promise<Viewed> {
  const headers: GgufHeader[] = []
  for (const file of files) headers.push(await readGguf(file))
  const facts = new Map<string, TensorFacts>()
  const tensors = new Map<string, ViewedTensor>()
  for (const [i, header] of headers.entries())
    for (const tensor of header.tensors) {
      const file = files[i]!
      const key = uniqueName(facts, tensor.name, file.name)
      const { type, shape, bytes } = tensor
      facts.set(key, factsOf(key, { type: type.name, shape, bytes, weights: countOf(shape) }))
      const viewed = viewedBlocks(file, tensor)
      if (viewed) tensors.set(key, viewed)
    }
  const [first] = headers
  const architecture = textOf([...(first?.metadata.entries() ?? [])], 'general.architecture')
  const metadata = headers.flatMap((header, i) =>
    metadataEntries(header.metadata.entries()).map((entry) =>
      i === 0 ? entry : { ...entry, key: `${visible(files[i]!.name)}: ${entry.key}` },
    ),
  )
  return { facts: viewOf({ name, format: 'GGUF', architecture, files, facts, metadata }), tensors }
}

const textOf = (entries: readonly (readonly [string, unknown])[], key: string): string | null => {
  const value = entries.find(([other]) => other === key)?.[1]
  return typeof value === 'string' ? visible(value.slice(0, 80)) : null
}

async function viewSafetensors(
  weights: readonly ByteSource[],
  files: readonly ByteSource[],
  name: string,
): Promise<Viewed> {
  const parts: Safetensors[] = []
  for (const file of weights) parts.push(await readSafetensors(file))
  const entries = new Map<string, TensorEntry>()
  for (const [i, part] of parts.entries())
    for (const entry of part.tensors.values()) entries.set(uniqueName(entries, entry.name, weights[i]!.name), entry)
  const described = await descriptions(files)
  const config = described.find(([file]) => file === 'config.json')?.[1] ?? {}
  const separate = described.find(([file]) => file === 'quantize_config.json')?.[1]
  const source: ModelSource = {
    tensors: entries,
    config:
      separate && !config.quantization_config
        ? { ...config, quantization_config: { quant_method: 'gptq', ...separate } }
        : config,
    files: new Map(),
    metadata: Object.fromEntries(parts.flatMap(({ metadata }) => Object.entries(metadata))),
    provenance: { kind: 'hf-checkpoint', files: [] },
  }
  const linears = await findLinears(source, parts.length === 1 && isPacked(parts[0]!))
  const facts = new Map<string, TensorFacts>()
  const tensors = new Map<string, ViewedTensor>()
  for (const [key, entry] of entries) {
    const linear = linears.codes.get(key)
    const header = linear === undefined ? undefined : linears.headers.get(linear)
    const isOurs = key.startsWith(reservedPrefix) || key.startsWith(enclosedPrefix) || linears.beside.has(key)
    const count = header ? header.out * header.in : (linears.counted.get(key) ?? (isOurs ? 0 : countOf(entry.shape)))
    const { dtype: type, shape, bytes } = entry
    facts.set(key, factsOf(key, { type, shape, bytes, weights: count }))
    if (header && linear !== undefined)
      tensors.set(
        key,
        viewedLinear(header, () => linears.linear(linear)),
      )
    else tensors.set(key, viewedEntry(entry))
  }
  const own = parts.flatMap(({ metadata }, i) =>
    metadataEntries(leaves(metadata, parts.length > 1 ? `${weights[i]!.name}: ` : '')),
  )
  const metadata = [...own, ...described.flatMap(([file, json]) => metadataEntries(leaves(json, `${file}: `)))]
  const architecture = architectureOf(described)
  return { facts: viewOf({ name, format: 'safetensors', architecture, files: weights, facts, metadata }), tensors }
}

/** Side files that are JSON objects; what is none is not shown. */
async function descriptions(files: readonly ByteSource[]): Promise<[string, Record<string, unknown>][]> {
  const found: [string, Record<string, unknown>][] = []
  for (const file of files) {
    if (!DESCRIPTIONS.includes(file.name)) continue
    try {
      found.push([file.name, parseJsonObject(file.name, await readSideFile(file))])
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }
  return found
}

function architectureOf(described: readonly [string, Record<string, unknown>][]): string | null {
  for (const [file, json] of described) {
    const { architectures: classes, model_type: type, peft_type: adapter } = json
    const said = Array.isArray(classes) ? classes[0] : (type ?? adapter)
    if (typeof said === 'string')
      return visible(file === 'adapter_config.json' ? `${said.slice(0, 80)} adapter` : said.slice(0, 80))
  }
  return null
}

const factsOf = (
  name: string,
  { type, shape, bytes, weights }: Pick<TensorFacts, 'type' | 'shape' | 'bytes' | 'weights'>,
): TensorFacts => ({ name, type, shape, bytes, weights, kind: kindOf(name), place: placeOf(name) })

function viewOf(found: {
  readonly name: string
  readonly format: FileView['format']
  readonly architecture: string | null
  readonly files: readonly ByteSource[]
  readonly facts: ReadonlyMap<string, TensorFacts>
  readonly metadata: readonly MetadataEntry[]
}): FileView {
  const { name, format, architecture, files, facts, metadata } = found
  const tensors = [...facts.values()]
  return {
    ...{ name, format, architecture, tensors, metadata },
    files: files.map(({ name: file, size }) => ({ name: visible(file), bytes: size })),
    weights: tensors.reduce((sum, { weights }) => sum + weights, 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
