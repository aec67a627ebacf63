import { FormatError } from '../../errors'
import type { ModuleRecord, RunReport } from '../../records'
import type { ByteSource } from '../bytes'
import type { StoredLinears } from '../packed-model'
import type { ChangedTensors, Scaling, Scalings } from '../quantized'
import { readSafetensors } from '../safetensors'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from '../safetensors-writer'
import type { ModelSource } from '../source'
import { moduleTensors, readModule } from './module-tensors'
import { changedTensor, scalingTensor, VERSION } from './names'
import { readLinears } from './read'
import { blockFromJson, blockToJson, linearsToJson } from './schema'
import { inMemory, storedTensor } from './tensors'
import { linearTensors } from './write'

/** What a run has to say of a block beside its linears. */
export interface BlockFacts {
  readonly layer: number
  /** Spent since the block before was kept. */
  readonly seconds: RunReport['seconds']
  /** How far the quantized stream had gone from the original one behind the block; null without calibration. */
  readonly drift: number | null
  /** The most until then. */
  readonly peakGpuBytes: number
  /** Of the run, 0 for the first: another begins whenever it is taken up again and adds blocks. */
  readonly part: number
  /** Calibrated so few at a time because the GPU's memory ran out with as many as usual. */
  readonly windows?: number | undefined
}

/** A decoder block that is quantized: all that later blocks, a report and an export need of it. */
export interface FinishedBlock extends BlockFacts, StoredLinears {
  readonly modules: readonly ModuleRecord[]
  readonly changed: ChangedTensors
  readonly scalings: Scalings
}

/** The JSON of a block's file: what it is, and the sizes of what tensors hold. */
export interface BlockSummary extends BlockFacts {
  readonly changed: readonly { readonly name: string; readonly size: number }[]
  readonly scalings: readonly { readonly name: string; readonly rows: number | null; readonly columns: number | null }[]
}

const FORMAT = 'bitloom-block'

/** A finished block as a safetensors file of a size known beforehand; tensors as in a packed model. docs/format.md, "A block". */
export function writeBlock({ modules, changed, scalings, headers, linear, ...facts }: FinishedBlock): {
  size: number
  chunks: AsyncGenerator<Uint8Array>
} {
  const vector = (name: string, values: Float32Array<ArrayBuffer>) => inMemory(name, 'F32', [values.length], [values])
  const entries: TensorToWrite[] = [
    ...linearTensors({ headers, linear }),
    ...modules.flatMap(moduleTensors),
    ...[...changed].map(([name, values]) => vector(changedTensor(name), values)),
    ...[...scalings].flatMap(([name, scaling]) =>
      SIDES.flatMap((side) => {
        const values = scaling[side]
        return values ? [vector(scalingTensor(name, side), values)] : []
      }),
    ),
  ]
  const metadata = {
    format: FORMAT,
    'bitloom.version': VERSION,
    'bitloom.linears': linearsToJson(headers),
    'bitloom.block': blockToJson({
      ...facts,
      modules,
      changed: [...changed].map(([name, { length: size }]) => ({ name, size })),
      scalings: [...scalings].map(([name, { rows, columns }]) => ({
        ...{ name, rows: rows?.length ?? null, columns: columns?.length ?? null },
      })),
    }),
  }
  return { size: safetensorsSize(entries, metadata), chunks: safetensorsChunks(entries, metadata) }
}

const SIDES = ['rows', 'columns'] as const

/** A block as its file has it; its linears stay in the file. FormatError where the file does not hold what it says. */
export async function readBlock(file: ByteSource): Promise<FinishedBlock> {
  const { tensors, metadata } = await readSafetensors(file)
  if (metadata.format !== FORMAT || metadata['bitloom.version'] !== VERSION)
    throw new FormatError(
      `${file.name}: expected a finished block of version ${VERSION}, got another file — start over`,
    )
  const { modules, changed, scalings, ...facts } = blockFromJson(metadata['bitloom.block'])
  const records: ModuleRecord[] = []
  for (const module of modules) records.push(await readModule(tensors, module))
  const values = new Map<string, Float32Array<ArrayBuffer>>()
  for (const { name, size } of changed) values.set(name, await readVector(tensors, changedTensor(name), size))
  const factors = new Map<string, Scaling>()
  for (const { name, rows, columns } of scalings)
    factors.set(name, {
      rows: rows === null ? null : await readVector(tensors, scalingTensor(name, 'rows'), rows),
      columns: columns === null ? null : await readVector(tensors, scalingTensor(name, 'columns'), columns),
    })
  const linears = readLinears(tensors, metadata['bitloom.linears'])
  return { ...facts, ...linears, modules: records, changed: values, scalings: factors }
}

const readVector = async (tensors: ModelSource['tensors'], name: string, size: number) =>
  new Float32Array((await storedTensor(tensors, name, 'F32', [[size]]).read()).buffer)
