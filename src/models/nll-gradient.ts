import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { nllBackward } from '../kernels/nll-backward'
import { recordNorm, recordNormBackward } from '../kernels/norm'
import { softcap } from '../kernels/softcap'
import { logitsRows } from './batch-size'
import type { CausalModel } from './causal-model'

/**
 * −log p(target) in nats of every row of the last block's output x [tokens, hidden], as `CausalModel.nll` gives it, and
 * the gradient of their sum to x. Rows whose target is NO_TARGET count as 0 in both. Never holds more than 64 MiB of
 * logits. Both tensors are the caller's to free: nll [tokens], gradient [tokens, hidden].
 */
export function nllGradient(
  gpu: Gpu,
  rec: Recorder,
  { spec, head, finalNorm: w, finalNormBias: b }: CausalModel,
  x: Tensor,
  targets: Uint32Array,
): { nll: Tensor; gradient: Tensor } {
  const { vocab, hidden, norm, logitSoftcap } = spec
  const [tokens = 0] = x.shape
  const targetTensor = gpu.alloc([tokens], 'u32', 'targets')
  rec.write(targetTensor, Uint32Array.from(targets))
  const normed = gpu.alloc(x.shape, 'f32', 'final norm')
  recordNorm(rec, norm, { x, w, b, y: normed })
  const nll = gpu.alloc([tokens], 'f32', 'nll')
  const slope = gpu.alloc(x.shape, 'f32', 'gradient') // d(Σ nll)/d(normed)
  const step = logitsRows(gpu.info, spec, tokens)
  const logits = gpu.alloc([step, vocab], 'f32', 'logits')
  for (let row = 0; row < tokens; row += step) {
    const m = Math.min(step, tokens - row)
    const at = { aOffset: row * hidden, ldc: vocab }
    for (const { tensor: b, first, count } of head)
      matmul(rec, { a: normed, b, c: logits, m, n: count, k: hidden, transB: true, ...at, cOffset: first })
    if (logitSoftcap) rec.run(softcap, { x: logits }, { count: m * vocab, cap: logitSoftcap })
    rec.run(nllBackward, { logits, targets: targetTensor, y: nll }, { rows: m, vocab, row, softcap: logitSoftcap })
    for (const { tensor: b, first, count } of head)
      matmul(rec, {
        ...{ a: logits, b, c: slope, m, n: hidden, k: count },
        ...{ aOffset: first, lda: vocab, cOffset: row * hidden, accumulate: first > 0 },
      })
  }
  gpu.free(targetTensor, normed, logits)
  const gradient = gpu.alloc(x.shape, 'f32', 'gradient')
  recordNormBackward(rec, norm, { x, w, dy: slope, dx: gradient })
  gpu.free(slope)
  return { nll, gradient }
}
