import { FormatError } from '../../errors'
import type { GroupingRecord } from '../../records'
import type { TensorToWrite } from '../safetensors-writer'
import type { ModelSource } from '../source'
import { groupingTensor } from './names'
import { inMemory, storedTensor } from './tensors'

/** What a report's JSON says of a grouping: its few numbers, and the sizes of what tensors hold. */
export interface StoredGrouping extends Omit<GroupingRecord, 'histogram' | 'sample'> {
  readonly histogram: { readonly most: number; readonly counts: number }
  readonly sample: { readonly values: number; readonly edges: number } | null
}

export const storedGrouping = ({ histogram, sample, ...numbers }: GroupingRecord): StoredGrouping => ({
  ...numbers,
  histogram: { most: histogram.most, counts: histogram.counts.length },
  sample: sample && { values: sample.values.length, edges: sample.from.length },
})

export function groupingTensors(module: string, { histogram: { counts }, sample }: GroupingRecord): TensorToWrite[] {
  const name = (part: Parameters<typeof groupingTensor>[1]) => groupingTensor(module, part)
  const tensors = [inMemory(name('counts'), 'U32', [counts.length], [counts])]
  if (!sample) return tensors
  const { values, clusters, from, to } = sample
  return [
    ...tensors,
    inMemory(name('values'), 'F32', [values.length], [values]),
    inMemory(name('clusters'), 'U8', [clusters.length], [clusters]),
    inMemory(name('edges'), 'U32', [2, from.length], [from, to]),
  ]
}

export async function readGrouping(
  tensors: ModelSource['tensors'],
  module: string,
  { histogram, sample, ...numbers }: StoredGrouping,
): Promise<GroupingRecord> {
  const read = async (part: Parameters<typeof groupingTensor>[1], dtype: string, shape: readonly number[]) =>
    (await storedTensor(tensors, groupingTensor(module, part), dtype, [shape]).read()).buffer
  const readSample = async ({ values, edges }: NonNullable<StoredGrouping['sample']>) => {
    const ends = new Uint32Array(await read('edges', 'U32', [2, edges]))
    if (ends.some((value) => value >= values))
      throw new FormatError(
        `${module}: expected edges among ${values} sampled magnitudes, got one that leaves them — the file is damaged; pack the model again`,
      )
    return {
      values: new Float32Array(await read('values', 'F32', [values])),
      clusters: new Uint8Array(await read('clusters', 'U8', [values])),
      ...{ from: ends.slice(0, edges), to: ends.slice(edges) },
    }
  }
  return {
    ...numbers,
    histogram: { most: histogram.most, counts: new Uint32Array(await read('counts', 'U32', [histogram.counts])) },
    sample: sample && (await readSample(sample)),
  }
}
