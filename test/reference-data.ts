import { join, resolve } from 'node:path'

/**
 * Reference models, texts and numbers too large or not ours to ship. BITLOOM_REFERENCE names their folder; without it
 * the checkout's sibling `shared/data` is looked at. Tests that need them are skipped when neither exists.
 */
const root = process.env.BITLOOM_REFERENCE ?? resolve(import.meta.dirname, '../../shared/data')

/** Absolute path of a reference file or folder. */
export const referencePath = (relative: string): string => join(root, relative)
