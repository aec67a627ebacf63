import { FormatError } from '../errors'
import { partTensor } from './bitloom/names'
import { readLinears } from './bitloom/read'
import { quantizationKey } from './config-json'
import { foreignKind, foreignParts, readForeign } from './foreign'
import type { LinearShape } from './foreign-model'
import { partsOf } from './linear-check'
import type { StoredLinears } from './packed-model'
import type { ModelSource, TensorEntry } from './source'

type Tensors = ModelSource['tensors']

/** Linears that tensors of a file are the codes of, and what those of other software's formats that are not read are known to be. */
export interface FoundLinears extends StoredLinears {
  /** Full names of the tensors with codes, and the linears they are of. */
  readonly codes: ReadonlyMap<string, string>
  /** Tensors that belong to some codes, as scales do: they stand for no weights of their own. */
  readonly beside: ReadonlySet<string>
  /** Weights of tensors with codes that cannot be read. */
  readonly counted: ReadonlyMap<string, number>
}

const none: FoundLinears = {
  headers: new Map(),
  linear: async (name) => {
    throw new FormatError(`${name}: expected a quantized linear, got none of that name — see the list of tensors`)
  },
  ...{ codes: new Map(), beside: new Set(), counted: new Map() },
}

/** The quantized linears among these tensors; none where their description is not one that is read. */
export async function findLinears(source: ModelSource, isPacked: boolean): Promise<FoundLinears> {
  try {
    if (isPacked) return ofBitloom(readLinears(source.tensors, source.metadata['bitloom.linears']))
    const kind = foreignKind(source.config)
    if (kind === null) return countedOnly(source)
    const { headers, linear } = readForeign(kind, source, await shapesOf(source.tensors))
    const codePart = kind === 'gptq' ? 'qweight' : 'weight_packed'
    return {
      ...{ headers, linear, counted: new Map() },
      codes: new Map([...headers.keys()].map((name) => [`${name}.${codePart}`, name])),
      beside: new Set(
        [...headers.keys()].flatMap((name) =>
          foreignParts(kind)
            .filter((part) => part !== codePart)
            .map((part) => `${name}.${part}`),
        ),
      ),
    }
  } catch (error) {
    if (error instanceof FormatError) return countedOnly(source)
    throw error
  }
}

function ofBitloom({ headers, linear }: StoredLinears): FoundLinears {
  const codes = new Map<string, string>()
  const beside = new Set<string>()
  for (const [name, header] of headers)
    for (const part of partsOf(header).keys())
      if (part === 'codes' || part === 'signs') codes.set(partTensor(name, part), name)
      else beside.add(partTensor(name, part))
  return { headers, linear, codes, beside, counted: new Map() }
}

/** Shapes as the tensors themselves tell them: whoever looks needs no architecture. */
async function shapesOf(tensors: Tensors): Promise<LinearShape[]> {
  const shapes: LinearShape[] = []
  for (const [name, entry] of tensors) {
    const [, module, part] = /^(.+)\.(qweight|weight_packed)$/.exec(name) ?? []
    if (module === undefined) continue
    const size =
      part === 'qweight'
        ? { out: entry.shape[1] ?? 0, in: tensors.get(`${module}.g_idx`)?.shape[0] ?? 0 }
        : await storedShape(tensors.get(`${module}.weight_shape`))
    if (size && size.out > 0 && size.in > 0) shapes.push({ name: module, layer: 0, role: '', ...size })
  }
  return shapes
}

async function storedShape(entry: TensorEntry | undefined): Promise<{ out: number; in: number } | null> {
  if (!entry || entry.bytes > 16) return null
  const bytes = await entry.read()
  const values =
    entry.dtype === 'I64' ? Array.from(new BigInt64Array(bytes.buffer), Number) : new Int32Array(bytes.buffer)
  const [out = 0, columns = 0] = values
  const isSize = (value: number) => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31
  return isSize(out) && isSize(columns) ? { out, in: columns } : null
}

/** Of formats that are not read, as AWQ, only how many weights words of codes hold. */
function countedOnly({ tensors, config }: ModelSource): FoundLinears {
  const stated = config[quantizationKey]
  const bits = Object.entries(typeof stated === 'object' && stated !== null ? stated : {}).find(
    ([key]) => key === 'bits' || key === 'w_bit',
  )?.[1]
  if (typeof bits !== 'number' || ![1, 2, 4, 8, 16].includes(bits)) return none
  const counted = new Map<string, number>()
  const beside = new Set<string>()
  for (const [name, { dtype, shape }] of tensors) {
    if (!name.endsWith('.qweight') || dtype !== 'I32') continue
    counted.set(
      name,
      shape.reduce((product, dim) => product * dim, 32 / bits),
    )
    for (const part of ['qzeros', 'scales', 'g_idx']) beside.add(`${name.slice(0, -'qweight'.length)}${part}`)
  }
  return { ...none, counted, beside }
}
