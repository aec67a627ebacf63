import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { it } from 'vitest'

/**
 * Reference models, texts and numbers too large or not ours to ship. BITLOOM_REFERENCE names their folder;
 * without it the checkout's sibling `shared/data` is looked at. Tests that need them are skipped when neither exists.
 */
const root = process.env.BITLOOM_REFERENCE ?? resolve(import.meta.dirname, '../../shared/data')

/** Absolute path of a reference file or folder. */
export const sharedPath = (relative: string): string => join(root, relative)

/** A test that runs only where the named reference files are present. */
export function sharedTest(name: string, needs: string[], body: () => Promise<void> | void, timeout?: number): void {
  const missing = needs.find((path) => !existsSync(sharedPath(path)))
  if (missing) it.skip(`${name} (skipped: no reference data '${missing}')`, () => {})
  else it(name, body, timeout)
}
