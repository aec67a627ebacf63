import { mayBeEmpty, type Node, parseRegExp, refused } from './parse'

/** What an instruction does with the position in the text; `a` and `b` are its operands. */
export const OP = {
  /** Passes the character of code point a. */
  character: 0,
  /** Passes a character of class a. */
  class: 1,
  characterBefore: 2,
  classBefore: 3,
  /** Goes on at a, or at b should that fail. */
  split: 4,
  jump: 5,
  /** Looks around, by the instructions behind this one: what they find must be so (b = 1) or not (b = 0). Goes on at a. */
  look: 6,
  /** Keeps the position as number a. */
  mark: 7,
  /** Fails where the position is still that of number a: a loop would turn without end. */
  progress: 8,
  match: 9,
} as const

export interface Program {
  readonly ops: readonly number[]
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly classes: readonly CharacterClass[]
  readonly marks: number
}

/** Of published patterns the largest has 300. */
const MOST_INSTRUCTIONS = 4000

/** The program of a RegExp's source, for a matcher that tries alternatives in order. FormatError where it is too large. */
export function compileRegExp(source: string): Program {
  const [ops, a, b]: [number[], number[], number[]] = [[], [], []]
  const classes = new Map<string, number>()
  let marks = 0
  let visited = 0
  const emit = (op: number, first = 0, second = 0) => {
    a.push(first)
    b.push(second)
    return ops.push(op) - 1
  }

  function write(node: Node, back: boolean): void {
    // counted apart from instructions: an empty group a million times has none
    if (++visited > MOST_INSTRUCTIONS) throw refused(`more than ${MOST_INSTRUCTIONS} steps`)
    if (node.type === 'character') emit(back ? OP.characterBefore : OP.character, node.code)
    else if (node.type === 'class') {
      if (!classes.has(node.source)) classes.set(node.source, classes.size)
      emit(back ? OP.classBefore : OP.class, classes.get(node.source))
    } else if (node.type === 'sequence') {
      for (const item of back ? node.items.toReversed() : node.items) write(item, back)
    } else if (node.type === 'choice') writeChoice(node.items, back)
    else if (node.type === 'look') {
      const look = emit(OP.look, 0, node.negative ? 0 : 1)
      write(node.body, node.behind)
      emit(OP.match)
      a[look] = ops.length
    } else writeLoop(node, back)
  }

  function writeChoice(items: readonly Node[], back: boolean): void {
    const ends: number[] = []
    for (const [i, item] of items.entries()) {
      const last = i === items.length - 1
      const split = last ? -1 : emit(OP.split, ops.length + 1)
      write(item, back)
      if (last) continue
      ends.push(emit(OP.jump))
      b[split] = ops.length
    }
    for (const end of ends) a[end] = ops.length
  }

  function writeLoop({ body, min, max, lazy }: Extract<Node, { type: 'loop' }>, back: boolean): void {
    for (let i = 0; i < min; i++) write(body, back)
    const splits: number[] = []
    // an optional turn that passes nothing is none
    const mark = mayBeEmpty(body) && max > min ? marks++ : -1
    const turn = () => {
      splits.push(emit(OP.split))
      if (mark >= 0) emit(OP.mark, mark)
      write(body, back)
      if (mark >= 0) emit(OP.progress, mark)
    }
    if (max === Number.POSITIVE_INFINITY) {
      const start = ops.length
      turn()
      emit(OP.jump, start)
    } else for (let i = min; i < max; i++) turn()
    for (const split of splits) [a[split], b[split]] = lazy ? [ops.length, split + 1] : [split + 1, ops.length]
  }

  write(parseRegExp(source), false)
  emit(OP.match)
  return { ops, a, b, classes: [...classes.keys()].map((text) => new CharacterClass(text)), marks }
}

const UNKNOWN = 0
const OUTSIDE = 1
const INSIDE = 2

/** A class of characters, which the engine's own RegExp decides once for each. */
export class CharacterClass {
  readonly #known = new Uint8Array(0x10000)
  readonly #one: RegExp

  constructor(source: string) {
    this.#one = new RegExp(`^${source}$`, 'u')
  }

  has(code: number): boolean {
    if (code > 0xffff) return this.#one.test(String.fromCodePoint(code))
    const known = this.#known[code]!
    if (known !== UNKNOWN) return known === INSIDE
    const inside = this.#one.test(String.fromCharCode(code))
    this.#known[code] = inside ? INSIDE : OUTSIDE
    return inside
  }
}
