import { invariant } from '../errors'

/**
 * Writes out every loop `for (var i = 0u; i < NAME; i++) { … }` of a WGSL source whose NAME is given, inner loops
 * included. Tint does not unroll; drivers of real GPUs do, software adapters do not, and an array indexed by a constant
 * is a register there while one indexed by a variable is memory.
 */
export function unroll(source: string, counts: Readonly<Record<string, number>>): string {
  const loop = /for \(var (\w+) = 0u; \1 < (\w+); \1\+\+\) \{/g
  for (let match = loop.exec(source); match; match = loop.exec(source)) {
    const [head, variable, bound] = match as unknown as [string, string, string]
    const count = counts[bound]
    if (count === undefined) continue
    const start = match.index + head.length
    const end = closingBrace(source, start)
    const body = source.slice(start, end)
    const uses = new RegExp(`\\b${variable}\\b`, 'g')
    const copies = Array.from({ length: count }, (_, i) => `{${body.replace(uses, `${i}u`)}}`)
    source = source.slice(0, match.index) + copies.join('\n') + source.slice(end + 1)
    loop.lastIndex = match.index // the copies may hold loops themselves
  }
  return source
}

/** Position of the brace that closes the block whose inside starts at `start`. */
function closingBrace(source: string, start: number): number {
  let depth = 1
  for (let at = start; at < source.length; at++) {
    if (source[at] === '{') depth++
    else if (source[at] === '}' && --depth === 0) return at
  }
  invariant(false, 'a loop to unroll is not closed')
}
