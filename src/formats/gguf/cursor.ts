import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'

/** The bytes read so far end before a value does; the file goes on. */
export class NeedsMore extends Error {}

/** First read of a header, and the most that one may take: the longest vocabularies fill some 20 MB. */
const FIRST_READ = 2 ** 20
const MOST_HEADER = 2 ** 26

/**
 * Lets `parse` run over the beginning of a file, again over twice as much each time that it was not enough. FormatError
 * when the file ends before what it promises.
 */
export async function parseHead<T>(file: ByteSource, parse: (cursor: Cursor) => T): Promise<T> {
  for (let length = Math.min(FIRST_READ, file.size); ; length = Math.min(2 * length, file.size)) {
    const bytes = await file.read(0, length)
    try {
      return parse(new Cursor(file.name, bytes, file.size))
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error
      if (length >= MOST_HEADER)
        throw new FormatError(
          `${file.name}: expected a header of at most ${MOST_HEADER} bytes, got a longer one — the file is damaged; fetch it again`,
        )
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Little-endian values one after another, none of them beyond the file. */
export class Cursor {
  at = 0
  readonly #view: DataView

  constructor(
    private readonly name: string,
    private readonly bytes: Uint8Array,
    private readonly size: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  fail(what: string): never {
    throw new FormatError(`${this.name}: ${what} — the file is damaged; fetch it again`)
  }

  u8 = () => this.#view.getUint8(this.take(1))
  i8 = () => this.#view.getInt8(this.take(1))
  u16 = () => this.#view.getUint16(this.take(2), true)
  i16 = () => this.#view.getInt16(this.take(2), true)
  u32 = () => this.#view.getUint32(this.take(4), true)
  i32 = () => this.#view.getInt32(this.take(4), true)
  f32 = () => this.#view.getFloat32(this.take(4), true)
  f64 = () => this.#view.getFloat64(this.take(8), true)
  u64 = () => this.#whole(this.#view.getBigUint64(this.take(8), true))
  i64 = () => this.#whole(this.#view.getBigInt64(this.take(8), true))

  /** How many values of at least so many bytes follow: never more than the file has room for. */
  count(what: string, least: number): number {
    const count = this.u64()
    const room = Math.floor((this.size - this.at) / least)
    if (count > room) this.fail(`expected at most ${room} ${what} in the rest of the file, got ${count}`)
    return count
  }

  text(what: string, most = Number.POSITIVE_INFINITY): string {
    const length = this.count(`bytes of ${what}`, 1)
    if (length > most) this.fail(`expected at most ${most} bytes of ${what}, got ${length}`)
    const start = this.take(length)
    try {
      return utf8.decode(this.bytes.subarray(start, start + length))
    } catch {
      return this.fail(`expected ${what} in UTF-8, got other bytes at ${start}`)
    }
  }

  /** Beyond 2⁵³ nothing in a file can be counted or found. */
  #whole(value: bigint): number {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) this.fail(`expected whole numbers below 2^53, got ${value}`)
    return number
  }

  private take(length: number): number {
    const start = this.at
    if (start + length > this.size)
      this.fail(`expected ${length} bytes at ${start}, got a file of ${this.size}: it is cut short`)
    if (start + length > this.bytes.length) throw new NeedsMore()
    this.at += length
    return start
  }
}
