import type { Tensor } from '../../gpu/tensor'
import { columnMagnitudes, magnitudeSlices } from '../../kernels/scale-search'
import { BlockForward, type Stage } from '../../models/block'
import { stagesOf } from '../../models/roles'
import type { WorkingBlock } from '../method'
import { placesOf } from '../reconstruction/windows'

/** Mean |x_j| over all calibration tokens of the input of every stage, [in] each: what the block as it is will see. */
export async function inputMagnitudes(block: WorkingBlock): Promise<ReadonlyMap<Stage, Float64Array>> {
  const { gpu, model, rope, weights } = block
  const samples = block.samples()
  const { batches, count, length } = samples
  const places = placesOf(samples)
  const forward = new BlockForward(gpu, model, rope)
  const means = new Map<Stage, Float64Array>()
  for (const [b, windows] of batches.entries()) {
    await block.checkpoint()
    const rec = gpu.record()
    const parts = new Map<Stage, Tensor>()
    const tap = (stage: Stage, x: Tensor) => {
      const [rows = 0, columns = 0] = x.shape
      const sums = gpu.alloc([magnitudeSlices(rows), columns], 'f32', 'magnitudes')
      rec.run(columnMagnitudes, { x, sums }, { rows, columns })
      parts.set(stage, sums)
    }
    const those = places.filter(({ batch }) => batch === b)
    const input = await samples.windows(rec, those, 'input')
    gpu.free(forward.run(rec, weights, input, { windows, length }, { upTo: Math.max(...stagesOf(model)), tap }))
    gpu.free(input)
    await gpu.submit(rec)
    for (const [stage, sums] of parts) {
      const columns = sums.shape[1]!
      const mean = means.get(stage) ?? new Float64Array(columns)
      const values = await gpu.readF32(sums)
      gpu.free(sums)
      for (let i = 0; i < values.length; i++) mean[i % columns]! += values[i]! / (count * length)
      means.set(stage, mean)
    }
  }
  return means
}
