import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import { toFloat32 } from '../floats'
import { type GgufHeader, type GgufTensor, quote } from './header'

/** As many as a stack has experts, at most. */
const MOST = 1024

/**
 * What the weights of whole tensors are multiplied by, as NVFP4 needs: "X.scale" of "X.weight", one number or one for every expert.
 * "X.input_scale" tells other software how to round what comes in, which changes no weight.
 */
export interface WeightScales {
  /** By the name of the weights. */
  readonly of: ReadonlyMap<string, Float32Array>
  /** Tensors that stand for no weights of a model. */
  readonly beside: ReadonlySet<GgufTensor>
}

/** FormatError where a scale is no such thing. */
export async function readWeightScales(
  files: readonly ByteSource[],
  headers: readonly GgufHeader[],
): Promise<WeightScales> {
  const named = new Map(headers.flatMap(({ tensors }) => tensors.map((tensor) => [tensor.name, tensor] as const)))
  const of = new Map<string, Float32Array>()
  const beside = new Set<GgufTensor>()
  for (const [i, { tensors }] of headers.entries())
    for (const tensor of tensors) {
      const [, module, part] = /^(.+)\.(scale|input_scale)$/.exec(tensor.name) ?? []
      const weights = named.get(`${module}.weight`)
      if (!weights) continue
      beside.add(tensor)
      if (part === 'scale') of.set(weights.name, await readScales(files[i]!, tensor, weights))
    }
  return { of, beside }
}

async function readScales(file: ByteSource, { name, type, shape, offset, bytes }: GgufTensor, weights: GgufTensor) {
  const experts = weights.shape.length === 3 ? weights.shape[0]! : 1
  if (type.name !== 'F32' || shape.length !== 1 || shape[0] !== experts || experts > MOST)
    throw new FormatError(
      `${file.name}: tensor ${quote(name)}: expected F32 [${experts}], got ${type.name} [${shape.join(', ')}] — the file is damaged; fetch it again`,
    )
  return toFloat32(await file.read(offset, bytes), 'F32')
}
