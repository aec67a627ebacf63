import type { Tensor } from '../../gpu/tensor'
import { readColumnSums, recordColumnSums, total } from '../../linalg/column-sums'
import { BlockForward } from '../../models/block'
import type { GridChoice } from '../block-grid'
import type { Place, Samples, WorkingBlock } from '../method'
import { placesOf } from '../reconstruction/windows'
import { type Candidate, recordDifference, recordRounded } from './rounded'

/**
 * Tokens on which candidates are compared. Each gives an error of `hidden` outputs, so that these rank twenty candidates
 * surely, while half a block is computed twenty times over: with all tokens that would be most of a run.
 */
const TOKENS = 8192

/** Windows of `length` tokens that are looked at, of so many there are. */
export const windowsSearched = (samples: number, length: number): number =>
  Math.min(samples, Math.max(1, Math.floor(TOKENS / length)))

/**
 * Squared difference, summed over some tokens, that rounding the linears of a stage with scaled columns makes to the
 * output of the block's half they are in: of attention with o for q, k and v, of the whole feed-forward part for gate
 * and up. All other weights stay as they are. One number for each candidate.
 *
 * Inputs are those that the quantized blocks before this one give; the original method takes the float model's.
 */
export async function partErrors(
  block: WorkingBlock,
  stage: 0 | 2,
  grid: GridChoice,
  candidates: readonly Candidate[],
): Promise<number[]> {
  const { gpu, model, weights } = block
  const samples = block.samples()
  const { length } = samples
  const forward = new BlockForward(gpu, model, block.rope)
  const part = stage === 0 ? 'attention' : 'feedForward'
  const searched = model.linears.filter((linear) => linear.stage === stage)
  const rounded = searched.map(({ role, out, in: columns }) => {
    const { bias } = weights.linears[role]
    return [role, { weight: gpu.alloc([out, columns], 'f32', 'rounded weights'), bias }] as const
  })
  const changed = { ...weights, linears: { ...weights.linears, ...Object.fromEntries(rounded) } }

  const errors = candidates.map(() => 0)
  for (const places of someWindows(samples)) {
    const batch = { windows: places.length, length }
    const rec = gpu.record()
    const x = await samples.windows(rec, places, 'input')
    const input = stage === 0 || model.parallel ? x : forward.run(rec, weights, x, batch, { part: 'attention' })
    if (input !== x) gpu.free(x)
    const original = forward.run(rec, weights, input, batch, { part })
    await gpu.submit(rec)
    const sums: Tensor[] = []
    for (const candidate of candidates) {
      await block.checkpoint()
      const step = gpu.record()
      for (const [role, { weight }] of rounded)
        recordRounded(gpu, step, weights.linears[role].weight, candidate, grid, weight)
      const y = forward.run(step, changed, input, batch, { part })
      const d = recordDifference(gpu, step, y, original)
      sums.push(recordColumnSums(gpu, step, d, d))
      gpu.free(y, d)
      await gpu.submit(step)
    }
    for (const [n, one] of (await readColumnSums(gpu, sums)).entries()) errors[n]! += total(one)
    gpu.free(input, original)
  }
  gpu.free(...rounded.map(([, { weight }]) => weight))
  return errors
}

/** Windows at equal distances through all samples, as many together as the samples' batches hold. */
function* someWindows(samples: Samples): Generator<Place[]> {
  const places = placesOf(samples)
  const count = windowsSearched(places.length, samples.length)
  const chosen = Array.from({ length: count }, (_, i) => places[Math.floor((i * places.length) / count)]!)
  const together = samples.batches[0]!
  for (let first = 0; first < count; first += together) yield chosen.slice(first, first + together)
}
