/**
 * A list that only grows. Adding gives a new list and leaves this one as it is, and yet they share their items: n items that
 * come one after another cost n steps and not n².
 */
export class Growing<T> implements Iterable<T> {
  #array: readonly T[] | null = null

  private constructor(
    /** Of the longest list that grew out of the same first one; this one ends at `length`. */
    private readonly items: T[],
    readonly length: number,
  ) {}

  static of<T>(items: Iterable<T> = []): Growing<T> {
    const own = [...items]
    return new Growing(own, own.length)
  }

  add(more: readonly T[]): Growing<T> {
    if (more.length === 0) return this
    // another list has gone on from here with other items
    const items = this.items.length === this.length ? this.items : this.items.slice(0, this.length)
    for (const item of more) items.push(item)
    return new Growing(items, items.length)
  }

  at(index: number): T | undefined {
    return index < this.length ? this.items[index] : undefined
  }

  /** The same for all lists that grew out of one: what was learned of its first items holds for them. */
  get origin(): object {
    return this.items
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (let i = 0; i < this.length; i++) yield this.items[i]!
  }

  /** A copy, made once. */
  toArray(): readonly T[] {
    this.#array ??= this.items.slice(0, this.length)
    return this.#array
  }
}
