import type { TuningStore } from '../kernels/tuning'

const CACHE = 'bitloom-tuning'

/** What was found of this device, in the browser's cache storage; nothing where there is none. */
export const tuningCache: TuningStore = {
  async get(key) {
    const found = await (await globalThis.caches?.open(CACHE))?.match(addressOf(key))
    return (await found?.text()) ?? null
  },
  async set(key, value) {
    await (await globalThis.caches?.open(CACHE))?.put(addressOf(key), new Response(value))
  },
}

/** Never asked of any server: cache storage files by address. */
const addressOf = (key: string) => `/tuning/${encodeURIComponent(key)}`
