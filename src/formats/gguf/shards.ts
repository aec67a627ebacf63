import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import type { GgufHeader } from './header'

const numbered = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/i

/** The files of one model, in order, and the names of those that are not there. */
export interface GgufFiles {
  readonly present: readonly ByteSource[]
  readonly missing: readonly string[]
}

/** All parts of the model that these .gguf files are of. FormatError where they are of several. */
export function findParts(files: readonly ByteSource[]): GgufFiles {
  const byName = new Map(files.map((file) => [file.name, file]))
  const [first, ...others] = new Set([...byName.keys()].map((name) => setOf(name).set))
  if (first === undefined) return { present: [], missing: [] }
  if (others.length > 0)
    throw new FormatError(
      `model: expected the .gguf files of one model, got ${[...byName.keys()].slice(0, 4).join(', ')} — drop one model at a time`,
    )
  const { prefix, count } = setOf(files[0]!.name)
  const digits = (value: number) => String(value).padStart(5, '0')
  const names =
    count === null
      ? [files[0]!.name]
      : Array.from({ length: count }, (_, i) => `${prefix}-${digits(i + 1)}-of-${digits(count)}.gguf`)
  return {
    present: names.flatMap((name) => byName.get(name) ?? []),
    missing: names.filter((name) => !byName.has(name)),
  }
}

function setOf(name: string): { set: string; prefix: string; count: number | null } {
  const [, prefix, number, total] = numbered.exec(name) ?? []
  if (prefix === undefined) return { set: name, prefix: name, count: null }
  const count = Number(total)
  if (Number(number) < 1 || Number(number) > count)
    throw new FormatError(`${name}: expected a part between 1 and ${count}, got ${Number(number)} — rename it`)
  return { set: `${prefix}/${count}`, prefix, count }
}

/** What the parts say of themselves must be what their names say. FormatError otherwise. */
export function checkParts(files: readonly ByteSource[], headers: readonly GgufHeader[]): void {
  const count = files.length
  headers.forEach(({ metadata }, i) => {
    const said = metadata.count('split.count') ?? 1
    const place = metadata.count('split.no') ?? 0
    // a model that was never split says nothing, or that it is one part
    if (Math.max(said, 1) !== count || place !== i)
      throw new FormatError(
        `${files[i]!.name}: expected part ${i + 1} of ${count}, got part ${place + 1} of ${said} — give all parts the names that they were published under`,
      )
  })
  const total = headers[0]!.metadata.count('split.tensors.count')
  const found = headers.reduce((sum, { tensors }) => sum + tensors.length, 0)
  if (total !== null && total !== found)
    throw new FormatError(
      `${files[0]!.name}: expected ${total} tensors in all parts, got ${found} — the parts are of different files; fetch them again`,
    )
}
