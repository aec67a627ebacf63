import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../src/errors'
import { type Manifest, readManifest } from '../src/pipeline/parts'
import { RunFolder } from '../src/pipeline/run-folder'
import { shellQuoted } from './cluster'
import { diskStore } from './disk-store'

export const MANIFEST = 'manifest.json'

/** The manifest in a folder that `bitloom plan` made. */
export async function manifestIn(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new StorageError(
      `${path}: expected what 'bitloom plan' writes, got '${code}' — plan first, or name that folder`,
    )
  })
  return readManifest(path, text)
}

/** Where a part keeps its blocks, inside the folder of the plan. */
export const partName = (part: number, parts: number): string =>
  `part-${String(part).padStart(4, '0')}-of-${String(parts).padStart(4, '0')}`

export const partFolder = (folder: string, part: number, parts: number): RunFolder =>
  new RunFolder(
    diskStore(folder, 'free some space, and run the same command again'),
    partName(part, parts),
    `remove '${join(folder, partName(part, parts))}' to start over`,
  )

/** The command that makes a part; `part` may be what a shell puts its number in place of. */
export function partCommand(
  folder: string,
  { paths, parts }: Pick<Manifest, 'paths' | 'parts'>,
  part: string | number,
): string {
  const { model, calibration } = paths
  const text = calibration === null ? [] : ['--calibration', shellQuoted(calibration)]
  return [
    'bitloom quantize',
    shellQuoted(model),
    ...text,
    '--part',
    `${part}/${parts}`,
    '--out',
    shellQuoted(folder),
  ].join(' ')
}
