import { readFileSync } from 'node:fs'

/** The values of a little-endian float32 .npy file (NumPy format 1.0). */
export function readNpy(path: string): Float32Array<ArrayBuffer> {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  return new Float32Array(new Uint8Array(bytes.subarray(start)).buffer)
}
