import { invariant } from '../errors'
import type { FinishedBlock } from '../formats/bitloom/block'
import { sumBits } from '../formats/bits'
import type { StoredLinears } from '../formats/packed-model'
import type { ChangedTensors, Scalings } from '../formats/quantized'
import type { ModuleRecord, RunReport } from '../records'
import { version } from '../version'
import { batchWords } from './less-memory'
import { modelSize, type OpenedModel } from './opened'
import { sumSeconds } from './phase-clock'

/** The linears stay in the run's folder; they can be read as long as it is there. */
export interface QuantizedModel extends StoredLinears {
  readonly changed: ChangedTensors
  /** What the checkpoint's weights must be multiplied by to be compared with those of the codes. */
  readonly scalings: Scalings
  readonly report: RunReport
}

/** What a run has to say beside its blocks. */
export interface RunFacts extends Pick<RunReport, 'recipe' | 'calibrationDigest' | 'device' | 'peakGpuBytes'> {
  /** By layer. */
  readonly blocks: ReadonlyMap<number, FinishedBlock>
  /** Of the whole, before those of modules. */
  readonly warnings: readonly string[]
  /** Spent beside those of blocks. */
  readonly seconds: RunReport['seconds']
  /** How often it was taken up again. */
  readonly resumed: number
}

/** The finished blocks of a model as one result. */
export function outcomeOf(model: OpenedModel, run: RunFacts): QuantizedModel {
  const blocks = inOrder(run.blocks)
  const modules = blocks.flatMap((block) => block.modules)
  const smaller = blocks.flatMap(({ layer, windows }) => (windows ? [{ layer, windows }] : []))
  return {
    ...linearsOf(blocks),
    changed: new Map(blocks.flatMap(({ changed }) => [...changed])),
    scalings: new Map(blocks.flatMap(({ scalings }) => [...scalings])),
    report: {
      version: 1,
      bitloom: version,
      model: { name: model.name, ...modelSize(model.source) },
      ...{ recipe: run.recipe, calibrationDigest: run.calibrationDigest, device: run.device },
      bits: sumBits(modules.map(({ bits, out, in: columns }) => ({ bits, weights: out * columns }))),
      modules,
      seconds: sumSeconds([...blocks.map(({ seconds }) => seconds), run.seconds]),
      peakGpuBytes: run.peakGpuBytes,
      ...(run.resumed > 0 && { resumed: run.resumed }),
      ...(smaller.length > 0 && { smallerBatches: smaller }),
      warnings: [...run.warnings, ...batchWarnings(smaller), ...modules.flatMap(warningsOf)],
    },
  }
}

/** The linears of all these blocks. */
export function linearsOf(blocks: readonly StoredLinears[]): StoredLinears {
  const home = new Map(blocks.flatMap((block) => [...block.headers.keys()].map((name) => [name, block] as const)))
  return {
    headers: new Map(blocks.flatMap(({ headers }) => [...headers])),
    linear: async (name) => {
      const block = home.get(name)
      invariant(block, () => `no linear ${name}`)
      return block.linear(name)
    },
  }
}

/** What is to say of blocks that were calibrated in smaller batches than usual. */
function batchWarnings(smaller: NonNullable<RunReport['smallerBatches']>): string[] {
  const sizes = [...new Set(smaller.map(({ windows }) => windows))]
  return sizes.map((size) => {
    const layers = smaller.flatMap(({ layer, windows }) => (windows === size ? [layer + 1] : []))
    const blocks =
      layers.length === 1 ? `block ${layers[0]}` : `${layers.length} blocks, from ${layers[0]} to ${layers.at(-1)},`
    return `${blocks} calibrated with ${batchWords(size)}, since the GPU's memory ran out with more: last bits of sums differ from those of larger batches, and with them codes near a border`
  })
}

export const inOrder = (blocks: ReadonlyMap<number, FinishedBlock>): FinishedBlock[] =>
  [...blocks.values()].sort((a, b) => a.layer - b.layer)

export const warningsOf = ({ name, warnings }: ModuleRecord): string[] => warnings.map((text) => `${name}: ${text}`)
