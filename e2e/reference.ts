import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePath } from '../test/reference-data'
import { test } from './fixtures'
import type { DroppedFile } from './studio'

/** Files of the reference data; skips the test, saying why, where they are absent. */
export function referenceFiles(folder: string, ...names: string[]): DroppedFile[] {
  const path = (name: string) => referencePath(join(folder, name))
  const missing = names.find((name) => !existsSync(path(name)))
  test.skip(missing !== undefined, `no reference data '${folder}/${missing}'`)
  return missing === undefined ? names.map((name) => ({ name, bytes: readFileSync(path(name)) })) : []
}
