import { invariant } from '../../errors'
import type { RunReport } from '../../records'
import { arraysOf, headerOf, partsOf } from '../linear-check'
import { enclosedPrefix } from '../packed-file'
import type { ChangedTensors, QuantizedLinear } from '../quantized'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from '../safetensors'
import type { ModelSource } from '../source'
import { carriedTensors } from './copy'
import { moduleTensors } from './module-tensors'
import { partTensor, VERSION } from './names'
import { linearsToJson, reportToJson } from './schema'
import { inMemory } from './tensors'

/**
 * A packed model as a stream of a size known beforehand: one safetensors file that holds the linears as stored codes,
 * every other tensor of `source` verbatim but for those that were `changed`, its side files, and the report. Layout:
 * docs/format.md.
 */
export function writeBitloom(
  source: ModelSource,
  linears: Iterable<QuantizedLinear>,
  report: RunReport,
  changed: ChangedTensors = new Map(),
): { size: number; chunks: AsyncGenerator<Uint8Array> } {
  const packed = [...linears]
  const headers = new Map(packed.map((linear) => [linear.name, headerOf(linear)]))
  const entries: TensorToWrite[] = [
    ...carriedTensors(source, headers.keys(), changed.keys()),
    ...[...changed].map(([name, values]) => inMemory(name, 'F32', [values.length], [values])),
    ...packed.flatMap(partsToWrite),
    ...report.modules.flatMap(moduleTensors),
    ...[...source.files].map(
      ([name, bytes]): TensorToWrite => inMemory(`${enclosedPrefix}${name}`, 'U8', [bytes.length], [bytes]),
    ),
  ]
  const metadata = {
    format: 'bitloom',
    'bitloom.version': VERSION,
    'bitloom.linears': linearsToJson(headers),
    'bitloom.report': reportToJson(report),
  }
  return { size: safetensorsSize(entries, metadata), chunks: safetensorsChunks(entries, metadata) }
}

function partsToWrite(linear: QuantizedLinear): TensorToWrite[] {
  const arrays = arraysOf(linear)
  return [...partsOf(headerOf(linear))].map(([part, { dtype, shape }]) => {
    const array = arrays[part]
    invariant(array, () => `${linear.name} has no ${part}`)
    return inMemory(partTensor(linear.name, part), dtype, shape, [array])
  })
}
