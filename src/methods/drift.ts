import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { subtract } from '../kernels/matrix'
import type { Hessian } from '../linalg/hessian'

/**
 * Weights that undo part of what earlier layers' quantization did to this layer's input. With X₀ the original inputs
 * and X those of the quantized stream, ‖X₀Wᵀ − XŴᵀ‖² is least at W·C·H⁻¹, C = X₀ᵀX and H = XᵀX, so that rounding
 *
 *     W* = W + γ·W·(C − H)·(H + λI)⁻¹
 *
 * under H aims at the original output instead of at that of the drifted input. γ = 1 goes all the way and fits the
 * calibration text; less generalises better. (The asymmetric objective of Li et al. 2025, GPTAQ, solved before rounding.)
 *
 * @param w [rows, n]
 * @param u U [n, n] of (H + λI)⁻¹ = UᵀU, original order
 * @returns W* as a new tensor
 */
export function recordDriftCorrection(
  gpu: Gpu,
  rec: Recorder,
  w: Tensor,
  { matrix: h, cross: c }: Hessian,
  u: Tensor,
  gamma: number,
): Tensor {
  invariant(c, 'the drift of the inputs was not measured')
  const [m = 0, n = 0] = w.shape
  const corrected = gpu.alloc(w.shape, 'f32', 'corrected weights')
  const drift = gpu.alloc([n, n], 'f32', 'drift')
  const left = gpu.alloc(w.shape)
  const right = gpu.alloc(w.shape)
  rec.copy(w, corrected)
  rec.run(subtract, { a: c, b: h, d: drift }, { count: elements(drift.shape) })
  matmul(rec, { a: w, b: drift, c: left, m, n, k: n })
  matmul(rec, { a: left, b: u, c: right, m, n, k: n, transB: true })
  matmul(rec, { a: right, b: u, c: corrected, m, n, k: n, alpha: gamma, accumulate: true })
  gpu.free(drift, left, right)
  return corrected
}
