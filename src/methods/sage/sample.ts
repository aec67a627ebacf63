import type { Gpu } from '../../gpu/device'
import { gatherSamples } from '../../kernels/saliency'
import { sampleBelow } from '../../random'
import type { Fit } from './fit'
import type { SageOptions } from './options'

/** Weights that are looked at so that, without the salient ones among them, enough are left. */
export const drawn = (p: number, sample: number): number => Math.ceil((1.1 * sample) / (1 - p)) + 32

/**
 * (S2) Some samples of unsalient weights, uniform and without repetition, as ascending magnitudes a = |u − c|. All have
 * as many as the smallest: n_sub, or fewer where the matrix has no more. From the split that was last made.
 */
export async function sampleInliers(
  gpu: Gpu,
  fit: Fit,
  p: number,
  { sample, graphs: count }: SageOptions,
  random: () => number,
): Promise<Float32Array<ArrayBuffer>[]> {
  const { rows, columns } = fit.shape
  const size = Math.min(rows * columns, drawn(p, sample))
  const draws = Array.from({ length: count }, () => sampleBelow(rows * columns, size, random))
  const positions = gpu.upload(Uint32Array.from(draws.flat()))
  const samples = gpu.alloc([size * count, 2], 'u32')
  const rec = gpu.record()
  const { w, stats, selection } = fit
  rec.run(gatherSamples, { w, stats, positions, samples }, { count: size * count, columns })
  await gpu.submit(rec)
  const [found, threshold, center] = await Promise.all([gpu.readU32(samples), gpu.readU32(selection), fit.center()])
  gpu.free(positions, samples)
  const weights = new Float32Array(found.buffer)
  const inliers = draws.map((_, draw) => {
    const all: number[] = []
    for (let i = draw * size; i < (draw + 1) * size; i++)
      if (found[2 * i + 1]! <= threshold[0]!) all.push(Math.abs(weights[2 * i]! - center))
    return all
  })
  const least = Math.min(sample, ...inliers.map(({ length }) => length))
  return inliers.map((all) => Float32Array.from(sampleBelow(all.length, least, random), (i) => all[i]!).sort())
}
