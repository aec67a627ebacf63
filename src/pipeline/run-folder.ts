import { z } from 'zod'
import { StorageError } from '../errors'
import { type FinishedBlock, readBlock, writeBlock } from '../formats/bitloom/block'
import type { ByteSource } from '../formats/bytes'
import { readPlain, writePlain } from '../formats/plain'
import { parseJson } from '../json'
import { memoryStore } from '../storage/memory-store'
import { isAside, isSealed, readSealed, writeSealed } from '../storage/sealed'
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
  about: z.unknown(),
  windows: z.int().min(1).optional(),
})

/** What a run finds when it is taken up again: nothing in a new folder. */
export interface Kept {
  readonly blocks: Map<number, FinishedBlock>
  /** What the method knew of the whole model before its first block; undefined where that is not kept. */
  readonly plan: unknown
  /** Names of files that are not what was written, and count for nothing. */
  readonly damaged: readonly string[]
  /** Windows that pass a block together since the GPU's memory ran out with more; null where it did not. */
  readonly windows: number | null
}

const PLAN = 'plan'

/**
 * Where a run keeps its finished blocks, so that it can be taken up again when it was broken off: a folder of a store with
 * `run.json`, which says what run it is, and sealed files: one for the method's plan, one for every block (docs/reliability.md).
 */
export class RunFolder {
  /**
   * @param startOver how a person does that, for errors
   * @param about what a new run has to say of itself: JSON
   */
  constructor(
    readonly store: FileStore,
    readonly name: string,
    private readonly startOver = 'start over',
    private readonly about: unknown = null,
  ) {}

  /** Blocks live as long as the run's result. */
  static inMemory(): RunFolder {
    return new RunFolder(memoryStore(), 'run')
  }

  /** Begins a run, or takes one up again. StorageError where the folder belongs to another run; it says which part is another. */
  async open(fingerprint: Fingerprint): Promise<Kept> {
    const { store, name } = this
    const description = await this.description()
    const before = description?.fingerprint
    const others = before ? differences(before, fingerprint) : []
    if (others.length > 0)
      throw new StorageError(
        `run '${name}': expected to go on with what was begun, got another ${others.join(', ')} — ${this.startOver}, or give what it was begun with`,
      )
    if (!before) {
      for (const file of await store.files(name)) {
        if (!isOwn(file.name))
          throw new StorageError(
            `run '${name}': expected no folder or one of Bitloom, got one with '${file.name}' — move it, or choose another output`,
          )
        await store.remove(name, file.name)
      }
      await writeText(store, name, DESCRIPTION, JSON.stringify({ version: 1, fingerprint, about: this.about }))
      return { blocks: new Map(), plan: undefined, damaged: [], windows: null }
    }
    const { planFile: plan, ...kept } = await this.read()
    const windows = description?.windows ?? null
    return { ...kept, windows, plan: plan && (await readPlain(plan)) }
  }

  /** Says that so few windows pass a block together from now on, whenever the run is taken up again. */
  async lower(windows: number): Promise<void> {
    const description = await this.description()
    if (description) await writeText(this.store, this.name, DESCRIPTION, JSON.stringify({ ...description, windows }))
  }

  /** What is here, whatever run it is of; nothing is changed. */
  async read(): Promise<Omit<Kept, 'plan' | 'windows'> & { readonly planFile: ByteSource | undefined }> {
    const { files, damaged } = await readSealed(this.store, this.name)
    const blocks = new Map<number, FinishedBlock>()
    for (const [stem, file] of files) {
      const layer = layerOf(stem)
      if (layer !== null) blocks.set(layer, await readBlock(file))
    }
    return { blocks, planFile: files.get(PLAN), damaged }
  }

  /** Of the run that the folder holds; null where it holds none, or that cannot be read. */
  async description(): Promise<z.infer<typeof description> | null> {
    const text = await readText(this.store, this.name, DESCRIPTION)
    try {
      return text === null ? null : description.parse(parseJson(text))
    } catch {
      return null
    }
  }

  /** What is here, unchecked: how many blocks, whether a plan, and the bytes of all. */
  async holds(): Promise<{ readonly blocks: number; readonly plan: boolean; readonly bytes: number }> {
    const files = await this.store.files(this.name)
    const stems = new Set(files.flatMap(({ name }) => (isSealed(name) ? [name.split('.')[0]!] : [])))
    const plan = stems.delete(PLAN)
    return { blocks: stems.size, plan, bytes: files.reduce((sum, { size }) => sum + size, 0) }
  }

  /** Makes a block durable and gives it as it lies there. StorageError where there is no room; nothing kept before is touched. */
  async keep(block: FinishedBlock): Promise<FinishedBlock> {
    return readBlock(await this.#keep(stemOf(block.layer), `block ${block.layer + 1}`, () => writeBlock(block)))
  }

  /** Makes what a method knows of the whole model durable: a plain value, which may have taken as long as all blocks will. */
  async keepPlan(plan: unknown): Promise<void> {
    await this.#keep(PLAN, 'the plan', () => writePlain(plan))
  }

  /** Removes what is a run's; a folder that holds something else stays. */
  async remove(): Promise<void> {
    const { store, name } = this
    const files = await store.files(name)
    if (files.length > 0 && files.every((file) => isOwn(file.name))) await store.remove(name)
  }

  async #keep(stem: string, what: string, write: () => ReturnType<typeof writeBlock>): Promise<ByteSource> {
    const { store, name } = this
    const { size, chunks } = write()
    const noRoom = async () => {
      const free = await store.free()
      if (free !== null && free < size)
        throw new StorageError(
          `run '${name}': expected room for ${what}, ${size} bytes, got ${free} — free ${size - free} bytes and go on; what was finished before is kept`,
        )
    }
    await noRoom()
    let file: string
    try {
      file = await writeSealed(store, name, stem, 'safetensors', chunks)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      await noRoom()
      // a browser may refuse before its estimate is used up
      throw new StorageError(`${error.message}; ${what} takes ${size} bytes, what was finished before is kept`)
    }
    const source = await store.source(name, file)
    if (!source)
      throw new StorageError(`run '${name}': expected '${file}', just written, got none — leave the folder alone`)
    return source
  }
}

const isOwn = (file: string) => isSealed(file) || isAside(file) || file.startsWith(DESCRIPTION)

const stemOf = (layer: number) => `block-${String(layer).padStart(4, '0')}`

function layerOf(stem: string): number | null {
  const [, digits] = /^block-(\d+)$/.exec(stem) ?? []
  return digits === undefined ? null : Number(digits)
}
