import type { Program } from './pipelines'
import { byteLength, type Tensor } from './tensor'

/** Bind groups kept at most: a training loop needs a few dozen for each buffer of parameters that takes turns. */
const MOST = 2000
/** Bytes of parameters that a dispatch sees, from its dynamic offset on. */
export const PARAMS_BYTES = 256

let buffers = 0
const bufferIds = new WeakMap<GPUBuffer, number>()
function bufferId(buffer: GPUBuffer): number {
  let id = bufferIds.get(buffer)
  if (id === undefined) bufferIds.set(buffer, (id = buffers++))
  return id
}

/**
 * Bind groups by what they bind. Blocked algorithms and training loops bind the same tensors over and over, and making
 * a bind group is half of what a dispatch costs. No group outlives its buffers in use: a destroyed buffer's number never
 * comes back.
 */
export class BindGroups {
  readonly #groups = new Map<string, GPUBindGroup>()

  constructor(
    private readonly device: GPUDevice,
    private readonly most = MOST,
  ) {}

  /** `params` is bound with a dynamic offset; undefined for a kernel without parameters. */
  get({ id, layout }: Program, tensors: readonly Tensor[], params: GPUBuffer | undefined): GPUBindGroup {
    let key = params ? `${id} ${bufferId(params)}` : `${id}`
    for (const tensor of tensors) key += ` ${bufferId(tensor.buffer)}:${tensor.offset}:${byteLength(tensor)}`
    const known = this.#groups.get(key)
    if (known) return known
    const entries: GPUBindGroupEntry[] = tensors.map((tensor, index) => ({
      binding: index + 1,
      resource: { buffer: tensor.buffer, offset: tensor.offset, size: Math.max(4, byteLength(tensor)) },
    }))
    if (params) entries.unshift({ binding: 0, resource: { buffer: params, offset: 0, size: PARAMS_BYTES } })
    const group = this.device.createBindGroup({ layout, entries })
    if (this.#groups.size >= this.most) this.#groups.clear()
    this.#groups.set(key, group)
    return group
  }
}
