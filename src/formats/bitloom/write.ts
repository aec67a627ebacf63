import { invariant } from '../../errors'
import type { RunReport } from '../../records'
import { arraysOf, type LinearHeader, partsOf } from '../linear-check'
import { enclosedPrefix } from '../packed-file'
import type { StoredLinears } from '../packed-model'
import type { ChangedTensors, QuantizedLinear } from '../quantized'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from '../safetensors-writer'
import type { ModelSource } from '../source'
import { carriedTensors } from './copy'
import { moduleTensors } from './module-tensors'
import { partTensor, VERSION } from './names'
import { linearsToJson, reportToJson } from './schema'
import { inMemory } from './tensors'

/**
 * A packed model as a stream of a size known beforehand: one safetensors file that holds the linears as stored codes,
 * every other tensor of `source` verbatim but for those that were `changed`, its side files, and the report. One linear is
 * in memory at a time. Layout: docs/format.md.
 */
export function writeBitloom(
  source: ModelSource,
  linears: StoredLinears,
  report: RunReport,
  changed: ChangedTensors = new Map(),
): { size: number; chunks: AsyncGenerator<Uint8Array> } {
  const entries: TensorToWrite[] = [
    ...carriedTensors(source, linears.headers.keys(), changed.keys()),
    ...[...changed].map(([name, values]) => inMemory(name, 'F32', [values.length], [values])),
    ...linearTensors(linears),
    ...report.modules.flatMap(moduleTensors),
    ...[...source.files].map(
      ([name, bytes]): TensorToWrite => inMemory(`${enclosedPrefix}${name}`, 'U8', [bytes.length], [bytes]),
    ),
  ]
  const metadata = {
    format: 'bitloom',
    'bitloom.version': VERSION,
    'bitloom.linears': linearsToJson(linears.headers),
    'bitloom.report': reportToJson(report),
  }
  return { size: safetensorsSize(entries, metadata), chunks: safetensorsChunks(entries, metadata) }
}

/** The arrays of all linears, each read when its turn comes; those of one that follow each other are read once. */
export function linearTensors({ headers, linear }: StoredLinears): TensorToWrite[] {
  let last: Promise<QuantizedLinear> | null = null
  let lastName = ''
  const read = (name: string) => {
    if (name !== lastName || !last) last = linear(name)
    lastName = name
    return last
  }
  return [...headers].flatMap(([name, header]) => partsToWrite(name, header, () => read(name)))
}

function partsToWrite(name: string, header: LinearHeader, read: () => Promise<QuantizedLinear>): TensorToWrite[] {
  return [...partsOf(header)].map(([part, { dtype, shape }]) => {
    const data = async () => {
      const array = arraysOf(await read())[part]
      invariant(array, () => `${name} has no ${part}`)
      return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    }
    return { name: partTensor(name, part), dtype, shape, data }
  })
}
