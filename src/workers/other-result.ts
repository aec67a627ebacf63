import { FormatError, StorageError } from '../errors'
import { blobSource } from '../formats/bytes'
import type { StoredLinears } from '../formats/packed-model'
import { openFiles } from '../pipeline/opened'
import { inOrder, linearsOf } from '../pipeline/outcome'
import { RunFolder } from '../pipeline/run-folder'
import type { FileStore } from '../storage/store'
import type { OtherResult } from './matrix-api'

/**
 * The result that another one is held against: packed files, or the codes of a kept run. These are read as long as they are there, and
 * not held for this: a linear is a StorageError once they are gone. FormatError where no matrix of `shown` is in it with the same shape, StorageError where the run has no codes.
 */
export async function otherResult(
  other: OtherResult,
  shown: StoredLinears['headers'],
  runs: FileStore,
): Promise<StoredLinears> {
  const { name, linears } = 'files' in other ? await ofFiles(other.files) : await ofRun(other, runs)
  const fits = [...shown].some(([linear, { out, in: columns }]) => {
    const header = linears?.headers.get(linear)
    return header?.out === out && header.in === columns
  })
  if (!linears || !fits)
    throw new FormatError(
      `${name}: expected the same model quantized, got ${linears ? 'one of other matrices' : 'one of floats'} — choose a packed file or a kept run of this model`,
    )
  return linears
}

async function ofFiles(files: readonly File[]) {
  const name = files[0]?.name ?? 'files'
  const { packed } = await openFiles(
    files.map((file) => blobSource(file, file.name)),
    name,
  )
  return { name, linears: packed }
}

async function ofRun({ name, folder }: { readonly name: string; readonly folder: string }, runs: FileStore) {
  const { blocks } = await new RunFolder(runs, folder).read()
  if (blocks.size === 0)
    throw new StorageError(
      `${name}: expected its codes, got none — another tab may have deleted them; choose another run`,
    )
  const { headers, linear } = linearsOf(inOrder(blocks))
  const read: StoredLinears['linear'] = (matrix) =>
    linear(matrix).catch(() => {
      throw new StorageError(
        `${name}: expected its codes, got none that can be read — they may have been deleted; choose another run`,
      )
    })
  return { name, linears: { headers, linear: read } }
}
