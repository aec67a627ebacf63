import type { Gpu } from '../src/gpu/device'
import type { Tensor } from '../src/gpu/tensor'
import type { Samples } from '../src/methods/method'
import { samplesBetween } from '../src/pipeline/samples'
import { ResidentStates } from '../src/pipeline/states'

/** Windows of `length` whose states [windows·length, hidden] are on the GPU, as a method sees them. */
export function samplesOf(
  gpu: Gpu,
  length: number,
  batches: readonly { readonly windows: number; readonly input: Tensor; readonly target: Tensor }[],
): Samples {
  const [input, target] = [new ResidentStates(gpu), new ResidentStates(gpu)]
  for (const [b, batch] of batches.entries()) {
    void input.store(b, batch.input)
    void target.store(b, batch.target)
  }
  const [, hidden = 0] = batches[0]!.input.shape
  const windows = batches.map((batch) => batch.windows)
  return samplesBetween(gpu, windows, { length, hidden }, { input, target })
}
