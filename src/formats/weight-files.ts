import { FormatError } from '../errors'
import type { ByteSource } from './bytes'
import { parseJsonObject, readSideFile } from './side-files'

/** Which of the files hold the weights of one model. */
export interface WeightFiles {
  present: ByteSource[]
  /** Names of the files that belong to the model too and are not there. */
  missing: string[]
  /** What the index promises: tensor → file. Null where there is no index. */
  placement: ReadonlyMap<string, string> | null
}

export const indexName = 'model.safetensors.index.json'
const numbered = /^(.+)-(\d{5})-of-(\d{5})\.safetensors$/

/** Picks as transformers does: model.safetensors, else the index and its shards; else numbered shards, else the one file there is. */
export async function findWeights(files: ReadonlyMap<string, ByteSource>): Promise<WeightFiles> {
  const whole = files.get('model.safetensors')
  if (whole) return { present: [whole], missing: [], placement: null }
  const index = files.get(indexName)
  if (index) {
    const placement = await readIndex(index)
    return { ...pick(files, [...new Set(placement.values())].sort()), placement }
  }
  const candidates = [...files.keys()].filter((name) => name.endsWith('.safetensors')).sort()
  if (candidates.length === 0) return { present: [], missing: ['model.safetensors'], placement: null }
  return { ...pick(files, shardNames(candidates) ?? only(candidates)), placement: null }
}

function pick(files: ReadonlyMap<string, ByteSource>, names: string[]): Pick<WeightFiles, 'present' | 'missing'> {
  return { present: names.flatMap((name) => files.get(name) ?? []), missing: names.filter((name) => !files.has(name)) }
}

/** All shards of the set that the numbered names belong to; null where no name is numbered. */
function shardNames(candidates: string[]): string[] | null {
  const sets = new Map<string, { prefix: string; count: number }>()
  for (const name of candidates) {
    const [, prefix, number, count] = numbered.exec(name) ?? []
    if (prefix === undefined) continue
    if (Number(number) < 1 || Number(number) > Number(count))
      throw new FormatError(
        `${name}: expected a shard between 1 and ${Number(count)}, got ${Number(number)} — rename it`,
      )
    sets.set(`${prefix}/${count}`, { prefix, count: Number(count) })
  }
  const [set, ...others] = sets.values()
  if (!set) return null
  if (others.length > 0) throw ambiguous(candidates)
  const digits = (value: number) => String(value).padStart(5, '0')
  return Array.from(
    { length: set.count },
    (_, i) => `${set.prefix}-${digits(i + 1)}-of-${digits(set.count)}.safetensors`,
  )
}

function only(candidates: string[]): string[] {
  if (candidates.length > 1) throw ambiguous(candidates)
  return candidates
}

const ambiguous = (names: string[]) =>
  new FormatError(
    `weights: expected the files of one model, got ${names.slice(0, 4).join(', ')} — drop one model at a time, with its ${indexName} if it has one`,
  )

async function readIndex(file: ByteSource): Promise<Map<string, string>> {
  const { weight_map: map } = parseJsonObject(file.name, await readSideFile(file))
  const placement = typeof map === 'object' && map !== null ? Object.entries(map) : []
  // The names become requests for files: nothing but a plain file name may come through.
  const isPlain = (name: unknown) => typeof name === 'string' && /^[^/\\]{1,200}\.safetensors$/.test(name)
  if (placement.length === 0 || !placement.every(([, name]) => isPlain(name)))
    throw new FormatError(
      `${file.name}: expected a weight_map of tensor names to safetensors files, got something else — fetch it again`,
    )
  return new Map(placement)
}
