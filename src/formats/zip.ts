import { makeZip, predictLength } from 'client-zip'
import { checkName } from './file-name'
import type { OutputFile } from './hf-folder'

/** A folder as a zip archive, stored without compression: weights do not compress, and so the size is known beforehand. */
export function zipStream(
  folder: string,
  files: readonly OutputFile[],
): { size: number; stream: ReadableStream<Uint8Array> } {
  for (const name of [folder, ...files.map((file) => file.name)]) checkName(name)
  const entries = files.map(({ name, size, chunks }) => ({ name: `${folder}/${name}`, size, input: chunks }))
  return { size: Number(predictLength(entries)), stream: makeZip(entries) }
}
