/** Ends a stream of text before the first of some stop texts, and holds back what may become one. */
export class StopText {
  #held = ''
  #stopped = false

  constructor(private readonly stops: readonly string[]) {}

  get stopped(): boolean {
    return this.#stopped
  }

  /** What may be given out now. */
  push(piece: string): string {
    if (this.#stopped) return ''
    const text = this.#held + piece
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
    if (found.length > 0) {
      this.#stopped = true
      this.#held = ''
      return text.slice(0, Math.min(...found))
    }
    const safe = text.length - Math.max(0, ...this.stops.map((stop) => overlap(text, stop)))
    this.#held = text.slice(safe)
    return text.slice(0, safe)
  }

  /** What was held back and did not become a stop text. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return held
  }
}

/** How many characters at the end of `text` begin `stop`, not all of it. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length
  return 0
}
