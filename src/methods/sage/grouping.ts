import type { Gpu } from '../../gpu/device'
import { nearestOnLine } from '../../kernels/sage'
import type { GroupingRecord } from '../../records'
import { meansOf, silhouette, spectralClusters } from './clusters'
import { drawing } from './drawing'
import { type Neighbourhood, neighbourhood } from './graph'
import type { SageOptions } from './options'
import { spectrum } from './spectral'

/** The groups of magnitudes that a matrix falls into. */
export interface Grouping {
  /** µ₁ < … < µ_G to start from. */
  readonly amplitudes: readonly number[]
  /** Of 2, 3, … groups, averaged over the samples. */
  readonly silhouettes: readonly number[]
  readonly sample: GroupingRecord['sample']
}

type GroupOptions = Pick<SageOptions, 'groups' | 'mostGroups' | 'selection' | 'neighbours'>

/** One number of groups, tried on every sample. */
interface Trial {
  readonly groups: number
  /** Of every sample. */
  readonly labels: readonly Uint8Array<ArrayBuffer>[]
  readonly silhouette: number
  /** λ_{G+1} − λ_G */
  readonly gap: number
}

/**
 * (S3, S4) Clusters every sample along its graph into 2 to G_max groups and takes the number whose silhouette, on
 * average over the samples, is the greatest; or as many groups as were asked for. Fewer where there are fewer
 * magnitudes.
 */
export async function findGroups(
  gpu: Gpu,
  samples: readonly Float32Array<ArrayBuffer>[],
  { groups: asked, mostGroups, selection, neighbours }: GroupOptions,
  random: () => number,
): Promise<Grouping> {
  const pooled = Float64Array.from(samples.flatMap((values) => [...values])).sort()
  const most = Math.min(asked || mostGroups, new Set(pooled).size)
  const graphs = most > 1 ? await graphsOf(gpu, samples, neighbours) : []
  const spectra = graphs.map((graph) => spectrum(graph, most + 1, random))
  const attempt = (groups: number): Trial | null => {
    const labels = graphs.flatMap((graph, i) => spectralClusters(graph, spectra[i]!, groups, random) ?? [])
    if (labels.length < graphs.length) return null
    return {
      ...{ groups, labels },
      silhouette: mean(graphs, ({ values }, i) => silhouette(values, labels[i]!, groups)),
      gap: mean(spectra, ({ values }) => (values[groups] ?? 2) - values[groups - 1]!),
    }
  }
  const trials = asked > 0 ? [largest(attempt, most)] : upTo(attempt, most)
  const score = (trial: Trial) => (selection === 'eigengap' ? trial.gap : trial.silhouette)
  const best = trials.reduce((a, b) => (a && (!b || score(a) >= score(b)) ? a : b), null)
  const start = best
    ? Array.from({ length: best.groups }, (_, k) =>
        mean(graphs, ({ values }, i) => meansOf(values, best.labels[i]!, best.groups)[k]!),
      )
    : [mean([...pooled], (value) => value)]
  return {
    amplitudes: alternate(pooled, start),
    silhouettes: asked > 0 ? [] : trials.map((trial) => trial!.silhouette),
    sample: best && drawing(graphs[0]!, best.labels[0]!),
  }
}

/** From 2 groups on, until there are no more. */
function upTo(attempt: (groups: number) => Trial | null, most: number): Trial[] {
  const trials: Trial[] = []
  for (let groups = 2; groups <= most; groups++) {
    const trial = attempt(groups)
    if (!trial) break
    trials.push(trial)
  }
  return trials
}

/** As many groups as there can be. */
function largest(attempt: (groups: number) => Trial | null, most: number): Trial | null {
  for (let groups = most; groups > 1; groups--) {
    const trial = attempt(groups)
    if (trial) return trial
  }
  return null
}

const mean = <T>(items: readonly T[], of: (item: T, i: number) => number): number =>
  items.reduce((sum, item, i) => sum + of(item, i), 0) / items.length

/** (S3) The graphs of samples of equal size; distances and nearest neighbours come from the GPU. */
async function graphsOf(
  gpu: Gpu,
  samples: readonly Float32Array<ArrayBuffer>[],
  wanted: number,
): Promise<Neighbourhood[]> {
  const count = samples[0]?.length ?? 0
  const neighbours = Math.min(wanted, count - 1)
  const flat = new Float32Array(samples.length * count)
  for (const [i, sample] of samples.entries()) flat.set(sample, i * count)
  const values = gpu.upload(flat)
  const [firsts, distances] = [gpu.alloc([flat.length], 'u32'), gpu.alloc([flat.length])]
  const rec = gpu.record()
  rec.run(nearestOnLine, { values, firsts, distances }, { samples: samples.length, count, neighbours })
  await gpu.submit(rec)
  const [first, sums] = await Promise.all([gpu.readU32(firsts), gpu.readF32(distances)])
  gpu.free(values, firsts, distances)
  return samples.map((sample, i) => {
    const part = <A extends Uint32Array | Float32Array>(all: A) => all.subarray(i * count, (i + 1) * count)
    return neighbourhood(sample, part(first), part(sums), neighbours)
  })
}

/** Far beyond what a sample of thousands needs. */
const MOST_ALTERNATIONS = 1000

/**
 * (S8) on the sample, where rounds cost next to nothing: groups are the magnitudes nearest to an amplitude, amplitudes the
 * means of their groups, until nothing moves. Few rounds over the matrix are then left to do.
 */
export function alternate(values: Float64Array, start: readonly number[]): number[] {
  const before = new Float64Array(values.length + 1) // sums of the values before
  for (const [i, value] of values.entries()) before[i + 1] = before[i]! + value
  let amplitudes = [...start]
  let bounds: number[] = []
  for (let round = 0; round < MOST_ALTERNATIONS; round++) {
    const inner = amplitudes.slice(1).map((mu, k) => lowerBound(values, (mu + amplitudes[k]!) / 2))
    const next = [0, ...inner, values.length]
    if (next.every((bound, k) => bound === bounds[k])) break
    bounds = next
    amplitudes = amplitudes.map((mu, k) => {
      const [from, to] = [bounds[k]!, bounds[k + 1]!]
      return to > from ? (before[to]! - before[from]!) / (to - from) : mu
    })
  }
  return amplitudes
}

/** How many of the ascending values are at most `bound`. */
function lowerBound(values: Float64Array, bound: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= bound) low = middle + 1
    else high = middle
  }
  return low
}
