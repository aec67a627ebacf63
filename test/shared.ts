import { existsSync } from 'node:fs'
import { it } from 'vitest'
import { referencePath } from './reference-data'

export { referencePath as sharedPath }

/** A test that runs only where the named reference files are present. */
export function sharedTest(name: string, needs: string[], body: () => Promise<void> | void, timeout?: number): void {
  const missing = needs.find((path) => !existsSync(referencePath(path)))
  if (missing) it.skip(`${name} (skipped: no reference data '${missing}')`, () => {})
  else it(name, body, timeout)
}
