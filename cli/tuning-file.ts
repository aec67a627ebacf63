import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { TuningStore } from '../src/kernels/tuning'
import { cacheFolder } from './cache-folder'

const schema = z.record(z.string(), z.string())

/** What was found of devices, in a JSON file: by default in the user's cache folder. */
export function tuningFile(path: string = join(cacheFolder(), 'tuning.json')): TuningStore {
  const read = async () => schema.parse(JSON.parse(await readFile(path, 'utf8')))
  return {
    get: async (key) => (await read())[key] ?? null,
    async set(key, value) {
      const known = await read().catch(() => ({}))
      await mkdir(dirname(path), { recursive: true })
      const aside = `${path}.${process.pid}`
      await writeFile(aside, JSON.stringify({ ...known, [key]: value }))
      await rename(aside, path)
    },
  }
}
