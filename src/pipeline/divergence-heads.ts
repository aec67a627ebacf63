import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { argmax, NO_COLUMN } from '../kernels/argmax'
import { divergence } from '../kernels/divergence'
import { nll } from '../kernels/nll'
import { logitsRows } from '../models/batch-size'
import type { CausalModel } from '../models/causal-model'
import type { Divergences } from './divergence-report'
import type { ScoredBatch } from './scoring'

/** A model and what its last block gave for a batch, [tokens, hidden]; the caller's to free. */
export interface Half {
  readonly model: CausalModel
  readonly hidden: Tensor
}

/**
 * The heads of the original and of others on the scored rows of one batch, each of the others held against the original.
 * Two models' logits of some rows are all that is held at once; `step` is called before each half. NumericalError where a prediction is not finite.
 */
export async function compareHeads(
  gpu: Gpu,
  original: Half,
  others: readonly Half[],
  { rows, targets }: Pick<ScoredBatch, 'rows' | 'targets'>,
  step: (half: number) => void = () => {},
): Promise<Divergences[]> {
  const { spec } = original.model
  const { vocab } = spec
  const count = rows.length
  const halves = [original, ...others]
  // every half has a stretch of `count` in what is read, and the same targets
  const all = gpu.upload(new Uint32Array(halves.length * count).map((_, i) => targets[i % count]!))
  const kl = gpu.alloc([halves.length * count], 'f32', 'divergence')
  const losses = gpu.alloc([halves.length * count], 'f32', 'nll')
  const best = gpu.alloc([halves.length * count], 'u32', 'likeliest')
  const most = Math.max(1, Math.floor(logitsRows(gpu.info, spec, count) / 2))
  for (let row = 0; row < count; row += most) {
    const some = rows.slice(row, row + most)
    let reference: Tensor | null = null
    for (const [h, { model, hidden }] of halves.entries()) {
      if (row === 0) step(h)
      const shape = { rows: some.length, vocab, row: h * count + row }
      const rec = gpu.record()
      const gathered = model.gather(rec, hidden, some)
      const logits = model.logits(rec, gathered, { first: 0, count: some.length })
      rec.run(nll(rec.traits.software), { logits, targets: all, y: losses }, shape)
      rec.run(argmax, { x: logits, y: best }, { rows: some.length, columns: vocab, row: shape.row })
      if (reference) rec.run(divergence(rec.traits.software), { a: reference, b: logits, y: kl }, shape)
      gpu.free(gathered, reference ? logits : undefined)
      reference ??= logits
      await gpu.submit(rec)
    }
    gpu.free(reference ?? undefined)
  }
  const [nlls, divergences] = await Promise.all([gpu.readF32(losses), gpu.readF32(kl)])
  const likeliest = await gpu.readU32(best)
  gpu.free(all, kl, losses, best)
  const part = <T extends Float32Array | Uint32Array>(values: T, half: number) =>
    values.subarray(half * count, (half + 1) * count) as T
  const found = others.map((_, i) => ({ kl: part(divergences, i + 1), agree: new Uint8Array(count) }))
  for (const [i, { kl: values, agree }] of found.entries()) {
    const [first, second] = [part(likeliest, 0), part(likeliest, i + 1)]
    if (first.includes(NO_COLUMN) || second.includes(NO_COLUMN) || !values.every(Number.isFinite))
      throw new NumericalError(
        'divergence: expected finite predictions, got others — the weights overflow float32 on this text; use more bits or another text',
      )
    for (let at = 0; at < count; at++) agree[at] = Number(first[at] === second[at])
  }
  return found.map((one, i) => ({ ...one, original: part(nlls, 0), quantized: part(nlls, i + 1) }))
}
