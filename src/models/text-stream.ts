const REPLACEMENT = '\ufffd'

/**
 * Text of a growing list of tokens, piece by piece. A token may end inside a character (byte-level BPE) or change how
 * its neighbours are spaced, so a piece is what decoding a few tokens more adds, and is held back while it ends in a
 * broken character.
 */
export class TextStream {
  #ids: number[]
  /** Tokens from here to `#given` only give context to decoding; those before `#given` have been given out. */
  #context = 0
  #given: number

  /** Continues `before`, whose text is known already. */
  constructor(
    private readonly decode: (ids: readonly number[]) => string,
    before: readonly number[],
  ) {
    this.#ids = [...before]
    this.#given = before.length
  }

  /** The text that became certain with this token; often empty. */
  push(id: number): string {
    this.#ids.push(id)
    const text = this.#pending()
    return text.endsWith(REPLACEMENT) ? '' : this.#give(text)
  }

  /** What was held back, broken or not. */
  end(): string {
    return this.#give(this.#pending())
  }

  #pending(): string {
    const known = this.decode(this.#ids.slice(this.#context, this.#given))
    return this.decode(this.#ids.slice(this.#context)).slice(known.length)
  }

  #give(text: string): string {
    if (text === '') return ''
    this.#context = this.#given
    this.#given = this.#ids.length
    return text
  }
}
