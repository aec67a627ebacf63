import { FormatError } from '../../errors'

/** A regular expression without groups that are remembered. */
export type Node =
  /** One character, by its code point. */
  | { readonly type: 'character'; readonly code: number }
  /** One character of a class, as it is written. */
  | { readonly type: 'class'; readonly source: string }
  | { readonly type: 'sequence'; readonly items: readonly Node[] }
  /** The first that leads to a match. */
  | { readonly type: 'choice'; readonly items: readonly Node[] }
  | { readonly type: 'loop'; readonly body: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly type: 'look'; readonly body: Node; readonly negative: boolean; readonly behind: boolean }

/** Published patterns have up to 1,000 characters, and groups five deep. */
const LONGEST = 20_000
const DEEPEST = 100

const GROUP = /\((?:\?(?:[:=!]|<[=!]|<[A-Za-z_]\w*>))?/y
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})(\??)/y
const CLASS =
  /\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u.{4}|\\x..|\\c.|\\[^1-9bBkpPuxc]|\./suy

/**
 * Parses the source of a RegExp with the flag `u`, which the engine has already accepted. FormatError for what a matcher of bounded
 * time does not do: references to groups, and patterns of extraordinary size.
 */
export function parseRegExp(source: string): Node {
  if (source.length > LONGEST) throw refused(`${source.length} characters`)
  let at = 0
  const take = (shape: RegExp) => {
    shape.lastIndex = at
    const found = shape.exec(source)
    if (found) at += found[0].length
    return found
  }

  function choice(depth: number): Node {
    if (depth > DEEPEST) throw refused(`groups more than ${DEEPEST} deep`)
    const items = [sequence(depth)]
    while (source[at] === '|') {
      at++
      items.push(sequence(depth))
    }
    return items.length === 1 ? items[0]! : { type: 'choice', items }
  }

  function sequence(depth: number): Node {
    const items: Node[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') items.push(quantified(atom(depth)))
    return { type: 'sequence', items }
  }

  function atom(depth: number): Node {
    const group = take(GROUP)?.[0]
    if (group !== undefined) {
      const body = choice(depth + 1)
      at++ // the closing bracket, which the engine has seen
      const look = /^\(\?(<?)([=!])$/.exec(group)
      return look ? { type: 'look', body, behind: look[1] === '<', negative: look[2] === '!' } : body
    }
    const set = take(CLASS)?.[0]
    if (set !== undefined) return { type: 'class', source: set }
    const code = source.codePointAt(at)!
    if ('\\^$'.includes(source[at]!)) throw refused(`'${source.slice(at, at + 2)}'`)
    at += code > 0xffff ? 2 : 1
    return { type: 'character', code }
  }

  function quantified(body: Node): Node {
    const found = take(QUANTIFIER)
    if (!found) return body
    const [text, min, several, max, lazy] = found
    const loop = { type: 'loop', body, lazy: lazy === '?' } as const
    if (min === undefined)
      return { ...loop, min: text[0] === '+' ? 1 : 0, max: text[0] === '?' ? 1 : Number.POSITIVE_INFINITY }
    return {
      ...loop,
      min: Number(min),
      max: several === undefined ? Number(min) : max ? Number(max) : Number.POSITIVE_INFINITY,
    }
  }

  return choice(0)
}

/** Whether it may match nothing at all. */
export function mayBeEmpty(node: Node): boolean {
  if (node.type === 'character' || node.type === 'class') return false
  if (node.type === 'look') return true
  if (node.type === 'loop') return node.min === 0 || mayBeEmpty(node.body)
  return node.type === 'choice' ? node.items.some(mayBeEmpty) : node.items.every(mayBeEmpty)
}

export const refused = (what: string): FormatError =>
  new FormatError(
    `tokenizer.json: expected a tokenizer of bounded time and memory, got ${what} — use the file that came with the model`,
  )
