import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CancelledError } from '../src/errors'
import { RunFolder } from '../src/pipeline/run-folder'
import { StoppedError } from './command'
import { diskStore } from './disk-store'
import { takeLock } from './lock'
import { say } from './progress'

/**
 * The folder `OUT.run` beside an output, in which a run keeps its blocks, for this process alone. It is removed when `work` has
 * come to its end; else it stays, and the person is told how to go on. `fresh` forgets what it holds.
 */
export async function withRunFolder<T>(
  out: string,
  fresh: boolean,
  work: (folder: RunFolder) => Promise<T>,
): Promise<T> {
  const store = diskStore(dirname(out), 'free some space, and run the same command again')
  const folder = new RunFolder(store, `${basename(out)}.run`, 'add --fresh to start over')
  const release = await takeLock(`${out}.run.lock`)
  try {
    await removeOrphans(out)
    if (fresh) await folder.remove()
    const result = await work(folder)
    await folder.remove()
    return result
  } catch (error) {
    const { blocks, plan } = await folder.holds().catch(() => ({ blocks: 0, plan: false }))
    if (blocks === 0 && !plan) {
      await folder.remove().catch(() => {}) // what failed is to be told
      throw error
    }
    const what = blocks === 0 ? 'the plan is' : blocks === 1 ? '1 block is' : `${blocks} blocks are`
    const kept = `${what} kept in '${out}.run' — run the same command again to go on`
    if (error instanceof CancelledError) throw new StoppedError(kept)
    say(kept)
    throw error
  } finally {
    await release()
  }
}

/** What a process that was killed while it wrote the output has left of it; nobody else writes it while the lock is held. */
async function removeOrphans(out: string): Promise<void> {
  const [folder, name] = [dirname(out), basename(out)]
  for (const file of await readdir(folder)) {
    const rest = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : ''
    if (/^\d+\.partial$/.test(rest)) await rm(join(folder, file), { force: true })
  }
}
