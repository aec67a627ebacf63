import { z } from 'zod'
import { StorageError } from '../errors'
import { type FinishedBlock, readBlock, writeBlock } from '../formats/bitloom/block'
import { memoryStore } from '../storage/memory-store'
import { readSealed, writeSealed } from '../storage/sealed'
import { type FileStore, readText, writeText } from '../storage/store'
import { differences, type Fingerprint } from './fingerprint'

const DESCRIPTION = 'run.json'
const description = z.object({
  version: z.literal(1),
  fingerprint: z.object({
    model: z.string(),
    calibration: z.string().nullable(),
    recipe: z.string(),
    code: z.string(),
    device: z.string(),
  }),
})

/**
 * Where a run keeps its finished blocks, so that it can be taken up again when it was broken off: a folder of a store with
 * `run.json`, which says what run it is, and a sealed file for every block (docs/reliability.md).
 */
export class RunFolder {
  constructor(
    readonly store: FileStore,
    readonly name: string,
  ) {}

  /** Blocks live as long as the run's result. */
  static inMemory(): RunFolder {
    return new RunFolder(memoryStore(), 'run')
  }

  /**
   * Begins a run, or takes one up again: the blocks that are here, by layer, and the names of files that are damaged and
   * count for nothing. StorageError where the folder belongs to another run; it says which part is another.
   */
  async open(fingerprint: Fingerprint): Promise<{ blocks: Map<number, FinishedBlock>; damaged: readonly string[] }> {
    const { store, name } = this
    const kept = await this.fingerprint()
    const others = kept ? differences(kept, fingerprint) : []
    if (others.length > 0)
      throw new StorageError(
        `run folder: expected the run that was broken off, got another ${others.join(', ')} — start over, or give what it was begun with`,
      )
    const blocks = new Map<number, FinishedBlock>()
    if (!kept) {
      await store.remove(name)
      await writeText(store, name, DESCRIPTION, JSON.stringify({ version: 1, fingerprint }))
      return { blocks, damaged: [] }
    }
    const { files, damaged } = await readSealed(store, name)
    for (const [stem, file] of files) {
      const [, layer] = /^block-(\d+)$/.exec(stem) ?? []
      if (layer !== undefined) blocks.set(Number(layer), await readBlock(file))
    }
    return { blocks, damaged }
  }

  /** Of the run that the folder holds; null where it holds none, or its description cannot be read. */
  async fingerprint(): Promise<Fingerprint | null> {
    const text = await readText(this.store, this.name, DESCRIPTION)
    try {
      return text === null ? null : description.parse(JSON.parse(text)).fingerprint
    } catch {
      return null
    }
  }

  /** Makes a block durable and gives it as it lies there. StorageError where there is no room; nothing kept before is touched. */
  async keep(block: FinishedBlock): Promise<FinishedBlock> {
    const { store, name } = this
    const { size, chunks } = writeBlock(block)
    const free = await store.free()
    if (free !== null && free < size) throw noRoom(block.layer, size, free)
    const file = await writeSealed(store, name, `block-${String(block.layer).padStart(4, '0')}`, 'safetensors', chunks)
    const source = await store.source(name, file)
    if (!source)
      throw new StorageError(`run folder: expected '${file}' that was just written, got none — leave the folder alone`)
    return readBlock(source)
  }

  remove(): Promise<void> {
    return this.store.remove(this.name)
  }
}

const noRoom = (layer: number, size: number, free: number) =>
  new StorageError(
    `run folder: expected room for block ${layer + 1}, ${size} bytes, got ${free} — free ${size - free} bytes and go on; the blocks before are kept`,
  )
