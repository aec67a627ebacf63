import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from './fixtures'
import type { DroppedFile } from './studio'

/** As for the unit tests: BITLOOM_REFERENCE names the folder of data that is not ours to ship, else a sibling is looked at. */
const root = process.env.BITLOOM_REFERENCE ?? resolve(import.meta.dirname, '../../shared/data')

/** Files of the reference data; skips the test, saying why, where they are absent. */
export function referenceFiles(folder: string, ...names: string[]): DroppedFile[] {
  const missing = names.find((name) => !existsSync(join(root, folder, name)))
  test.skip(missing !== undefined, `no reference data '${folder}/${missing}'`)
  return missing === undefined ? names.map((name) => ({ name, bytes: readFileSync(join(root, folder, name)) })) : []
}
