/**
 * A power of two near 1/mean diag H, which brings saliencies w²/U² near squared weights, since they are at most
 * w²·(H + λI)ⱼⱼ: their squares then stay within float32, and no comparison among them changes.
 */
export function saliencyUnit(inputs: Float32Array): number {
  const mean = inputs.reduce((sum, value) => sum + value, 0) / inputs.length
  return mean > 0 ? 2 ** -Math.max(-120, Math.min(120, Math.round(Math.log2(mean)))) : 1
}
