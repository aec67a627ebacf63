import { FormatError } from '../../errors'

export type Value = number | boolean | string | readonly number[] | readonly boolean[] | readonly string[]

/** The metadata of a GGUF file. Each getter gives null where there is no entry, and FormatError where it is of another kind. */
export class Metadata {
  constructor(
    private readonly file: string,
    private readonly values: ReadonlyMap<string, Value>,
  ) {}

  has = (key: string): boolean => this.values.has(key)

  /** All of it, in the order of the file. */
  entries = (): IterableIterator<[string, Value]> => this.values.entries()

  text = (key: string): string | null => this.#get(key, 'a text', (value) => typeof value === 'string')

  flag = (key: string): boolean | null => this.#get(key, 'true or false', (value) => typeof value === 'boolean')

  number = (key: string): number | null => this.#get(key, 'a number', (value) => Number.isFinite(value))

  /** A whole number, not negative. */
  count = (key: string): number | null =>
    this.#get(key, 'a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0)

  texts = (key: string): readonly string[] | null => this.#list(key, 'texts', 'string')

  numbers = (key: string): readonly number[] | null => this.#list(key, 'numbers', 'number')

  /** A list of either, null where the entry is no list. */
  flagsOrNumbers = (key: string): readonly (number | boolean)[] | null => {
    const value = this.values.get(key)
    return Array.isArray(value) && typeof value[0] !== 'string' ? (value as readonly (number | boolean)[]) : null
  }

  /** The same, of an entry that must be there. */
  need<T>(key: string, get: (key: string) => T | null): T {
    const value = get(key)
    if (value === null) throw this.error(key, 'an entry', 'none', 'convert the model anew')
    return value
  }

  error(key: string, expected: string, got: string, remedy: string): FormatError {
    return new FormatError(`${this.file}: ${key}: expected ${expected}, got ${got} — ${remedy}`)
  }

  /** An empty list says nothing of what would be in it. */
  #list<T>(key: string, what: string, type: 'string' | 'number'): readonly T[] | null {
    return this.#get(
      key,
      `a list of ${what}`,
      (value) => Array.isArray(value) && (value.length === 0 || typeof value[0] === type),
    )
  }

  #get<T>(key: string, expected: string, is: (value: Value) => boolean): T | null {
    const value = this.values.get(key)
    if (value === undefined) return null
    if (!is(value))
      throw this.error(
        key,
        expected,
        Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value).slice(0, 40),
        'convert the model anew',
      )
    return value as T
  }
}
