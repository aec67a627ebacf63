import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { gelu, geluMul } from '../kernels/gelu'
import type { Operand } from '../kernels/project'
import { siluMul } from '../kernels/silu-mul'
import { linear, taken } from './block-parts'
import { gateParts } from './fused'
import { expertRole } from './roles'
import type { ModelSpec } from './spec'
import type { BlockWeights, LinearWeights } from './weights'

/**
 * What the feed-forward part hands to its last linear, [tokens, ffn]: act(gate) · up of x, or act(up) where nothing gates.
 *
 * @param expert whose, of a block that has some
 */
export function activated(
  gpu: Gpu,
  rec: Recorder,
  spec: ModelSpec,
  { linears }: BlockWeights<Operand>,
  x: Tensor,
  expert?: number,
): Tensor {
  const of = (part: 'gate' | 'up'): LinearWeights<Operand> | undefined =>
    linears[expert === undefined ? part : expertRole(expert, part)]
  const [gate, up] = [of('gate'), of('up')]
  const both: LinearWeights<Operand> | undefined = linears.gate_up
  if (!gate && !both) {
    const m = linear(gpu, rec, up!, x)
    // a SiLU without a gate is in no architecture
    rec.run(gelu[spec.activation === 'gelu' ? 'gelu' : 'gelu_tanh'], { x: m }, { count: elements(m.shape) })
    return m
  }
  const [m, other] = both
    ? splitBoth(gpu, rec, spec, linear(gpu, rec, both, x))
    : [linear(gpu, rec, gate!, x), linear(gpu, rec, up!, x)]
  const count = elements(m.shape)
  if (spec.activation === 'silu') rec.run(siluMul, { gate: m, up: other }, { count })
  else rec.run(geluMul[spec.activation], { x: m, up: other }, { count })
  gpu.free(other)
  return m
}

/** Gate and up out of the outputs of one linear, which are used up. */
function splitBoth(gpu: Gpu, rec: Recorder, spec: ModelSpec, outputs: Tensor): [gate: Tensor, up: Tensor] {
  const { gate, up } = gateParts(spec)
  const split: [Tensor, Tensor] = [taken(gpu, rec, outputs, gate), taken(gpu, rec, outputs, up)]
  gpu.free(outputs)
  return split
}
