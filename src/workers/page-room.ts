import type { Room } from '../inspection-records'
import { fileScratch, type Scratch } from '../storage/scratch'
import { opfsStore } from './opfs-store'

/** Chrome alone tells, in powers of two up to 8 GiB. */
type WithMemory = Navigator & { readonly deviceMemory?: number }

/** What a page may take: a quarter of the machine's memory where that is known, and the storage that the browser grants. */
export async function pageRoom(): Promise<Room> {
  const { deviceMemory = 4 } = navigator as WithMemory
  const { quota, usage } = await navigator.storage.estimate()
  const known = quota !== undefined && usage !== undefined
  return {
    gpu: null,
    host: { bytes: (deviceMemory / 4) * 2 ** 30, firm: false },
    disk: known ? { bytes: quota - usage, firm: true } : null,
  }
}

/** A folder for the states of one run, this tab's as long as `work` takes; what tabs that are gone have left is removed. */
export async function withScratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const store = opfsStore('scratch')
  const name = crypto.randomUUID()
  const release = await claim(name)
  try {
    for (const folder of await store.folders()) {
      const letGo = await claim(folder) // null for this one, too
      if (!letGo) continue
      await store.remove(folder)
      letGo()
    }
    return await work(fileScratch(store, name))
  } finally {
    release?.()
  }
}

/** Null where another tab holds the folder. */
function claim(folder: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`bitloom scratch ${folder}`, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((letGo) => resolve(letGo))
        resolve(null)
      })
      .catch(reject)
  })
}
