import { constants, copyFile, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { StorageError } from '../src/errors'

/** Who holds a lock. A process id is given again to others: `started` tells them apart, where the system says it. */
interface Holder {
  readonly pid: number
  readonly host: string
  readonly started: string | null
}

/**
 * Takes a lock file, which says who holds it; gives what releases it. StorageError where a living process has it, or one on
 * another machine, of which nobody here knows whether it lives. A lock whose process is gone is taken over.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const own = JSON.stringify(await holderOf(process.pid))
  const aside = `${path}.${process.pid}`
  await writeFile(aside, own)
  try {
    // a link is there whole or not at all, and only once
    while (!(await linked(aside, path))) {
      const text = await readFile(path, 'utf8').catch(() => null)
      if (text === null) continue
      const holder = parse(text)
      if (holder && (await isAlive(holder)))
        throw new StorageError(
          `${path}: expected to be alone with this output, got process ${holder.pid} on ${holder.host} at work on it — wait for it or stop it; if it is gone, remove the file`,
        )
      await discard(path, text)
    }
  } finally {
    await rm(aside, { force: true })
  }
  return () => rm(path, { force: true })
}

const linked = (from: string, to: string) =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      // a file system without links: the next best, which may be cut short by a crash
      return copyFile(from, to, constants.COPYFILE_EXCL).then(
        () => true,
        (other: NodeJS.ErrnoException) => {
          if (other.code === 'EEXIST') return false
          throw other
        },
      )
    },
  )

/** Removes a stale lock, but not one that another process has put in its place meanwhile. */
async function discard(path: string, text: string): Promise<void> {
  const stale = `${path}.${process.pid}.stale`
  await rename(path, stale).catch(() => {})
  const taken = await readFile(stale, 'utf8').catch(() => null)
  if (taken !== null && taken !== text) await linked(stale, path)
  await rm(stale, { force: true })
}

function parse(text: string): Holder | null {
  try {
    const { pid, host, started } = JSON.parse(text) as Holder
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, host: String(host), started } : null
  } catch {
    return null
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return (await holderOf(holder.pid)).started === holder.started
}

async function holderOf(pid: number): Promise<Holder> {
  // Linux: the 22nd field of stat, after a name in brackets that may hold anything
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  return { pid, host: hostname(), started }
}
