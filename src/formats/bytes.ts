import { FormatError } from '../errors'

/** Random access to untrusted bytes, never read whole. */
export interface ByteSource {
  readonly name: string
  readonly size: number
  /** Bytes [offset, offset + length), a buffer of their own. FormatError when they are not all inside the file. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Refuses a range outside the file, before anything of that size is allocated. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!inside || offset + length > size)
    throw new FormatError(
      `${name}: expected bytes ${offset} to ${offset + length}, got a file of ${size} bytes — the file is cut short or damaged; fetch it again`,
    )
}

/** A file a person dropped or picked, read by slices. */
export function blobSource(blob: Blob, name: string): ByteSource {
  const read = async (offset: number, length: number) => {
    checkRange(name, blob.size, offset, length)
    try {
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
    } catch (cause) {
      throw new FormatError(`${name}: expected a readable file, got '${cause}' — it moved or changed; drop it again`)
    }
  }
  return { name, size: blob.size, read }
}

/** Bytes that are in memory already; reads are copies, so that nobody can change them. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  const read = async (offset: number, length: number) => {
    checkRange(name, bytes.byteLength, offset, length)
    return new Uint8Array(bytes.subarray(offset, offset + length))
  }
  return { name, size: bytes.byteLength, read }
}
