import { carriedTensors } from '../formats/bitloom/copy'
import type { Kind } from '../formats/gguf/architectures'
import { type Place, placeOf, plainPlace } from '../formats/gguf/place'
import type { TensorEntry } from '../formats/source'
import type { GgufRequest } from './gguf'
import { hasHeadAlways } from './gguf-limits'
import type { OpenedModel } from './opened'

/** A matrix of a tensor: of the model, or what was made of it. */
type Part = { readonly expert: number | null } & (
  | { readonly entry: TensorEntry; readonly linear?: undefined }
  | { readonly linear: GgufRequest['linears'][number]; readonly entry?: undefined }
)

/** A tensor of the file, and the matrices that it consists of in their order: one, or a block's experts. */
export interface Gathered {
  readonly place: Place
  readonly parts: readonly Part[]
}

/** The tensors of a GGUF file but those that a method changed: what is carried over first, then what was quantized. */
export function gatherTensors({ source, spec }: OpenedModel, kind: Kind, request: GgufRequest): Gathered[] {
  const { linears, changed = new Map() } = request
  const tensors = new Map<string, { place: Place; parts: Part[] }>()
  const add = (place: Place | null, part: { entry: TensorEntry } | { linear: GgufRequest['linears'][number] }) => {
    // what llama.cpp does not know it would refuse: buffers of old checkpoints
    if (!place) return
    if (!tensors.has(place.name)) tensors.set(place.name, { place, parts: [] })
    tensors.get(place.name)!.parts.push({ ...part, expert: place.expert })
  }
  const names = linears.map(({ name }) => name)
  for (const { name } of carriedTensors(source, names, changed.keys())) {
    const place = placeOf(name, kind, spec)
    // a tied head is the embedding's second name
    if (!(spec.tiedHead && place?.name === HEAD)) add(place, { entry: source.tensors.get(name)! })
  }
  if (spec.tiedHead && hasHeadAlways(kind)) add(plainPlace(HEAD), { entry: source.tensors.get(spec.names.embedding)! })
  for (const linear of linears) add(placeOf(`${linear.name}.weight`, kind, spec), { linear })
  for (const { parts } of tensors.values()) parts.sort((a, b) => (a.expert ?? 0) - (b.expert ?? 0))
  return [...tensors.values()]
}

const HEAD = 'output.weight'
