import { StorageError } from '../src/errors'
import type { ByteSource } from '../src/formats/bytes'
import { heldLinears } from '../src/formats/packed-model'
import { RunFolder } from '../src/pipeline/run-folder'
import { memoryStore } from '../src/storage/memory-store'
import type { FileStore } from '../src/storage/store'
import { affineSample } from './affine'

/** Its one linear, of side × side weights. */
export const KEPT_LINEAR = 'model.layers.0.self_attn.q_proj'

/** A store with the codes of a run in folder 'abc', which are gone after `lose`, also for those who have opened them. */
export async function keptRun(side: number) {
  const inside = memoryStore()
  const shape = { out: side, columns: side, groupSize: 64, zeroBits: 4, permuted: true, named: false, seed: 3 } as const
  const { linear } = affineSample(
    {
      ...shape,
      grid: 'symmetric',
      widths: [
        [3, 1],
        [8, 1],
      ],
    },
    KEPT_LINEAR,
  )
  const facts = { layer: 0, seconds: { total: 0 }, drift: null, peakGpuBytes: 0, part: 0 }
  const block = { ...facts, modules: [], changed: new Map(), scalings: new Map(), ...heldLinears([linear]) }
  await new RunFolder(inside, 'abc').keep(block)
  let lost = false
  const source: FileStore['source'] = async (folder, name) => {
    const file = await inside.source(folder, name)
    const read: ByteSource['read'] = async (start, end) => {
      if (lost) throw new StorageError('a file that is gone')
      return file!.read(start, end)
    }
    return file && { ...file, read }
  }
  return {
    store: { ...inside, source },
    linear,
    lose() {
      lost = true
    },
  }
}
