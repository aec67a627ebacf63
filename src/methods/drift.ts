import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { subtract } from '../kernels/matrix'
import type { Hessian } from '../linalg/hessian'
import { recordTimesPanels } from '../linalg/panel-products'
import { allocLike, type Panels, tensorsOf } from '../linalg/panels'

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
  { panels: h, cross: c }: Hessian,
  u: Panels,
  gamma: number,
): Tensor {
  invariant(c, 'the drift of the inputs was not measured')
  const corrected = gpu.alloc(w.shape, 'f32', 'corrected weights')
  const drift = allocLike(gpu, h, 'drift')
  const left = gpu.alloc(w.shape)
  const right = gpu.alloc(w.shape)
  rec.copy(w, corrected)
  for (const [p, { tensor: d }] of drift.entries())
    rec.run(subtract, { a: c[p]!.tensor, b: h[p]!.tensor, d }, { count: elements(d.shape) })
  recordTimesPanels(rec, { a: w, panels: drift, c: left })
  recordTimesPanels(rec, { a: left, panels: u, c: right, transpose: true })
  recordTimesPanels(rec, { a: right, panels: u, c: corrected, alpha: gamma, accumulate: true })
  gpu.free(...tensorsOf(drift), left, right)
  return corrected
}
