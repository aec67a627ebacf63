import { refused } from './parse'
import { compileRegExp, OP, type Program } from './program'

/** Steps that matching may still take. */
export interface Allowance {
  left: number
}

/**
 * A RegExp that takes no more steps than it is allowed to: patterns come with models, from anybody, and the engine's own matcher
 * would try (a+)+$ on a line of 40 letters for hours, where nothing can stop it. Finds what a RegExp with the flag `u` finds;
 * groups are not remembered. FormatError when the allowance is spent.
 */
export class BoundedRegExp extends RegExp {
  readonly #program: Program
  readonly #allowance: Allowance
  readonly #marks: number[]
  /** Where to go on when an attempt fails: instruction and position; or ~number and the position that was kept under it. */
  readonly #pending: number[] = []

  /** `match`, `split` and `replace` of a text make a copy with other flags. */
  constructor(pattern: RegExp | string, flags?: string, allowance: Allowance = { left: 0 }) {
    super(pattern, flags)
    const own = pattern instanceof BoundedRegExp ? pattern : null
    this.#program = own ? own.#program : compileRegExp(this.source)
    this.#allowance = own ? own.#allowance : allowance
    this.#marks = Array<number>(this.#program.marks).fill(-1)
  }

  override exec(text: string): RegExpExecArray | null {
    const moves = this.global || this.sticky
    for (let start = moves ? this.lastIndex : 0; start <= text.length; start += width(text, start)) {
      const end = this.#match(text, 0, start)
      if (end >= 0) {
        if (moves) this.lastIndex = end
        const found = [text.slice(start, end)] as unknown as RegExpExecArray
        found.index = start
        found.input = text
        return found
      }
      if (this.sticky) break
    }
    if (moves) this.lastIndex = 0
    return null
  }

  /** Where the first match of the instructions from `pc` on ends, -1 without one. */
  #match(text: string, pc: number, at: number): number {
    const { ops, a, b, classes } = this.#program
    const pending = this.#pending
    const bottom = pending.length
    for (;;) {
      if (--this.#allowance.left < 0) {
        pending.length = 0
        throw refused(`/${this.source.slice(0, 100)}/, which tries too much on this text`)
      }
      const op = ops[pc]!
      const first = a[pc]!
      let fails = false
      if (op === OP.class || op === OP.character) {
        // no character is NaN
        const code = at < text.length ? text.codePointAt(at)! : Number.NaN
        fails = op === OP.class ? !(code >= 0 && classes[first]!.has(code)) : code !== first
        at += code > 0xffff ? 2 : 1
        pc++
      } else if (op === OP.split) {
        pending.push(b[pc]!, at)
        pc = first
      } else if (op === OP.jump) pc = first
      else if (op === OP.match) {
        this.#forget(bottom)
        return at
      } else if (op === OP.look) {
        fails = this.#match(text, pc + 1, at) >= 0 !== (b[pc] === 1)
        pc = first
      } else if (op === OP.mark) {
        pending.push(~first, this.#marks[first]!)
        this.#marks[first] = at
        pc++
      } else if (op === OP.progress) {
        fails = this.#marks[first] === at
        pc++
      } else {
        const code = before(text, at)
        fails = op === OP.classBefore ? !(code >= 0 && classes[first]!.has(code)) : code !== first
        at -= code > 0xffff ? 2 : 1
        pc++
      }
      if (!fails) continue
      for (;;) {
        if (pending.length === bottom) return -1
        at = pending.pop()!
        pc = pending.pop()!
        if (pc >= 0) break
        this.#marks[~pc] = at
      }
    }
  }

  /** Drops what is pending of an attempt that has ended. */
  #forget(bottom: number): void {
    const pending = this.#pending
    while (pending.length > bottom) {
      const position = pending.pop()!
      const mark = pending.pop()!
      if (mark < 0) this.#marks[~mark] = position
    }
  }
}

const width = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1)

/** The code point that ends at a position; NaN at the beginning. */
function before(text: string, at: number): number {
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0
  return pair > 0xffff ? pair : text.charCodeAt(at - 1)
}
