import { foreignParts } from '../foreign'
import { partNames } from '../linear-check'
import type { TensorToWrite } from '../safetensors-writer'
import type { ModelKind, ModelSource, TensorEntry } from '../source'
import { reservedPrefix } from './names'

/** What a linear consists of beside its weight; in a plain checkpoint a name like 'up_proj.scale' is the model's own. */
function partsOf(kind: ModelKind): readonly string[] {
  if (kind === 'hf-checkpoint' || kind === 'gguf') return []
  return kind === 'bitloom' ? partNames : foreignParts(kind)
}

/** Bytes held at once while a tensor passes through. */
const COPY_BYTES = 16 * 2 ** 20

/**
 * What a file carries over verbatim when these linears and other tensors are written in another form: embedding, norms,
 * head, biases.
 */
export function carriedTensors(
  source: ModelSource,
  linears: Iterable<string>,
  others: Iterable<string> = [],
): TensorToWrite[] {
  const replaced = new Set<string>(others)
  for (const name of linears) {
    replaced.add(`${name}.weight`)
    for (const part of partsOf(source.provenance.kind)) replaced.add(`${name}.${part}`)
  }
  return [...source.tensors.values()]
    .filter(({ name }) => !replaced.has(name) && !name.startsWith(reservedPrefix))
    .map((entry) => ({ name: entry.name, dtype: entry.dtype, shape: entry.shape, data: () => rowsInParts(entry) }))
}

async function* rowsInParts(entry: TensorEntry): AsyncGenerator<Uint8Array> {
  const [rows] = entry.shape
  if (rows === undefined || entry.bytes <= COPY_BYTES) {
    yield await entry.read()
    return
  }
  const step = Math.max(1, Math.floor(COPY_BYTES / (entry.bytes / rows)))
  for (let start = 0; start < rows; start += step) yield await entry.read({ start, end: Math.min(start + step, rows) })
}
