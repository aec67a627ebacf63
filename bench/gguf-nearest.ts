import { toFloat32 } from '../src/formats/floats'
import { packRow, rowBytes } from '../src/formats/gguf/container'
import { type GridName, gridFor } from '../src/formats/gguf/grids'
import { placeOf } from '../src/formats/gguf/place'
import { type GgufValue, type TensorToWrite, writeGguf } from '../src/formats/gguf/write'
import { matrixTensor } from '../src/formats/gguf/write-tensors'
import { folderSources } from '../src/formats/node-files'
import { linearName } from '../src/models/required-tensors'
import { ggufKind } from '../src/pipeline/gguf-limits'
import { modelMetadata } from '../src/pipeline/gguf-metadata'
import { type OpenedModel, openFiles } from '../src/pipeline/opened'
import { evaluationWindows, parseProtocol } from '../src/pipeline/windows'
import { ggmlLevels } from '../src/reference/ggml-quants'

export const open = async (path: string, name: string): Promise<OpenedModel> =>
  openFiles(await folderSources(path), name)

/** The model rounded to nearest as llama.cpp does it, every linear as `type`, embedding and head as float16. */
export async function nearestFile(model: OpenedModel, type: GridName): Promise<AsyncIterable<Uint8Array>> {
  const { spec, source } = model
  const kind = ggufKind(spec)
  const linears = new Set(
    Array.from({ length: spec.layers }, (_, layer) =>
      spec.linears.map((linear) => `${linearName(layer, linear)}.weight`),
    ).flat(),
  )
  const tensors: TensorToWrite[] = []
  for (const entry of source.tensors.values()) {
    const { name, shape, dtype } = entry
    const place = placeOf(name, kind, spec)
    if (place === null || (spec.tiedHead && name === 'lm_head.weight')) continue
    const { name: as, order } = place
    const [rows, columns] = shape as [number, number]
    const held = linears.has(name) ? gridFor(type, columns) : null
    if (!held) {
      tensors.push((await matrixTensor(place, [{ floats: entry }], 'F16')).tensor)
      continue
    }
    const data = async function* () {
      const weights = toFloat32(await entry.read(), dtype)
      const rowOf = (row: number) => {
        const from = order ? order.toCheckpoint(row) : row
        return weights.subarray(from * columns, (from + 1) * columns)
      }
      for (let row = 0; row < rows; row++) {
        const bytes = new Uint8Array(rowBytes(held, columns))
        const levels = ggmlLevels(held, rowOf(row))
        if (!packRow(held, () => levels, row, columns, bytes))
          throw new Error(`${name}: row ${row} does not fit ${held}`)
        yield bytes
      }
    }
    tensors.push({ name: as, type: held, shape, data })
  }
  return writeGguf(new Map<string, GgufValue>(modelMetadata(model)), tensors).chunks
}

/** Windows of a text under llama.cpp's protocol, as ids. */
export function windowsOf({ tokenizer }: OpenedModel, text: string, length: number, maxTokens: number) {
  const protocol = parseProtocol(`llama.cpp:${length}`)
  const { ids, count } = evaluationWindows(tokenizer, text, protocol, maxTokens)
  const windows = Array.from({ length: count }, (_, w) => [...ids.subarray(w * length, (w + 1) * length)])
  return { windows, firstScored: protocol.firstScored }
}
