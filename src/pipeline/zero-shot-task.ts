import { ZodError } from 'zod'
import { FormatError } from '../errors'
import type { ByteSource } from '../formats/bytes'
import { parseJson } from '../json'
import type { TaskKind } from '../measurement-records'
import { FORMATS, type Item, type TaskFormat } from './zero-shot-formats'

/** No task comes near these; more is a mistake or an attack. */
const MOST_BYTES = 2 ** 26
const MOST_LETTERS_A_LINE = 2 ** 18

/** A task for a model that has seen no example of it: items read from a file of JSON lines. */
export interface ZeroShotTask {
  /** The file's name without its ending. */
  readonly name: string
  readonly kind: TaskKind
  readonly items: readonly TaskItem[]
}

export interface TaskItem extends Item {
  /** Where it stands in the file, from 1. */
  readonly line: number
}

/**
 * Reads a task: one JSON object a line, all of the kind that the first one's fields tell; blank lines are passed over. Only the
 * first `limit` items where given. FormatError names file and line.
 */
export async function readTask(file: ByteSource, limit: number | null = null): Promise<ZeroShotTask> {
  if (file.size > MOST_BYTES)
    throw new FormatError(
      `${file.name}: expected a task of at most ${MOST_BYTES} bytes, got ${file.size} — cut the file`,
    )
  return parseTask(file.name, decode(file.name, await file.read(0, file.size)), limit)
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FormatError(`${name}: expected lines of JSON in UTF-8, got other bytes — choose the task's .jsonl file`)
  }
}

export function parseTask(file: string, content: string, limit: number | null = null): ZeroShotTask {
  const items: TaskItem[] = []
  let format: TaskFormat | undefined
  let number = 0
  for (const written of linesOf(content)) {
    number++
    if (limit !== null && items.length >= limit) break
    if (written.trim() === '') continue
    const where = `${file}, line ${number}`
    const line = parseLine(where, written)
    format ??= formatOf(where, line)
    items.push({ line: number, ...readItem(where, line, format) })
  }
  if (!format)
    throw new FormatError(
      `${file}: expected at least one item, got none — choose a task's .jsonl file, one JSON object a line`,
    )
  return { name: file.replace(/\.jsonl?$/i, ''), kind: format.kind, items }
}

/** One after another: a file of nothing but line ends would be as many strings. */
function* linesOf(content: string): Generator<string> {
  for (let start = 0, end: number; start < content.length; start = end + 1) {
    end = content.indexOf('\n', start)
    if (end < 0) end = content.length
    yield content.slice(start, end)
  }
}

function parseLine(where: string, written: string): object {
  if (written.length > MOST_LETTERS_A_LINE)
    throw new FormatError(
      `${where}: expected at most ${MOST_LETTERS_A_LINE} characters, got ${written.length} — one JSON object a line`,
    )
  try {
    const value: unknown = parseJson(written)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // said below, together with JSON of the wrong kind
  }
  throw new FormatError(`${where}: expected a JSON object, got '${written.slice(0, 40)}' — one JSON object a line`)
}

function formatOf(where: string, line: object): TaskFormat {
  const found = FORMATS.find(({ mark }) => Object.hasOwn(line, mark))
  if (found) return found
  const known = FORMATS.map(({ fields }) => fields).join('; or ')
  throw new FormatError(
    `${where}: expected the fields ${known}, got ${Object.keys(line).slice(0, 8).join(', ').slice(0, 80) || 'none'} — rename them`,
  )
}

function readItem(where: string, line: object, format: TaskFormat): Item {
  let item: Item
  try {
    item = format.read(line)
  } catch (error) {
    if (!(error instanceof ZodError)) throw error
    const { path, message } = error.issues[0]!
    const words = message.replace(/^Invalid input: /, '').replace(', received ', ', got ')
    throw new FormatError(`${where}, ${path.join('.')}: ${words} — the lines of this file have ${format.fields}`)
  }
  const { gold, pairs, bytes } = item
  // what HellaSwag's marks leave may be nothing
  if (bytes.includes(0) || pairs.some(({ context }) => context.trim() === ''))
    throw new FormatError(`${where}: expected text in the context and in every choice, got none — correct the line`)
  if (gold >= pairs.length)
    throw new FormatError(
      `${where}: expected the index of the right choice from 0 to ${pairs.length - 1}, got ${gold} — correct the line`,
    )
  return item
}
