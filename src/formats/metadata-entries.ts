import type { MetadataEntry } from '../file-records'
import { visible } from '../visible'
import { decimal } from './gguf/architectures'

/** Entries kept, values of a list shown, and characters of a text: what a person can look at. */
const MOST_ENTRIES = 5000
const MOST_VALUES = 8
const MOST_CHARACTERS = 240

/** What a person may read of metadata: long lists and texts cut, characters that deceive shown as escapes. */
export function metadataEntries(values: Iterable<readonly [key: string, value: unknown]>): MetadataEntry[] {
  const entries: MetadataEntry[] = []
  for (const [key, value] of values) {
    if (entries.length === MOST_ENTRIES) break
    entries.push({ key: visible(cutTo(key, MOST_CHARACTERS)), ...described(value) })
  }
  return entries
}

function described(value: unknown): Omit<MetadataEntry, 'key'> {
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_VALUES).map((item) => inList(item))
    const more = value.length > MOST_VALUES
    return { type: listType(value), value: `${shown.join(', ')}${more ? ', …' : ''}`, cut: more }
  }
  if (typeof value === 'string')
    return {
      type: value.length > MOST_CHARACTERS ? `text of ${value.length} characters` : 'text',
      value: visible(cutTo(value, MOST_CHARACTERS)),
      cut: value.length > MOST_CHARACTERS,
    }
  const type = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'true or false' : 'none'
  return { type, value: value === null ? 'none' : shortest(value), cut: false }
}

/** Files hold float32 numbers, and mean 0.00001. */
const shortest = (value: unknown): string =>
  String(typeof value === 'number' && Math.fround(value) === value && !Number.isInteger(value) ? decimal(value) : value)

const inList = (item: unknown): string =>
  typeof item === 'string'
    ? visible(JSON.stringify(cutTo(item, 40)))
    : cutTo(typeof item === 'object' ? JSON.stringify(item) : shortest(item), 40)

const NAMES: Readonly<Record<string, string>> = { string: 'texts', number: 'numbers', boolean: 'flags' }
const listType = (list: readonly unknown[]) =>
  `list of ${list.length}${list.length > 0 ? ` ${NAMES[typeof list[0]] ?? 'values'}` : ''}`

const cutTo = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text)

/** The leaves of a JSON object, by their paths: 'rope_scaling.factor'. Lists are leaves. */
export function* leaves(value: Readonly<Record<string, unknown>>, path: string): Generator<[string, unknown]> {
  for (const [key, part] of Object.entries(value))
    if (typeof part === 'object' && part !== null && !Array.isArray(part))
      yield* leaves(part as Record<string, unknown>, `${path}${key}.`)
    else yield [`${path}${key}`, part]
}
