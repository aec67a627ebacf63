import { invariant } from '../errors'
import type { Cost, DeviceTraits, Kernel, Pass } from './kernel'
import { byteLength, type Tensor } from './tensor'

export type Command =
  | {
      readonly type: 'dispatch'
      readonly kernel: Kernel<string, never>
      readonly tensors: readonly Tensor[]
      readonly pass: Pass
      readonly cost: Cost
    }
  | { readonly type: 'copy'; readonly from: Tensor; readonly to: Tensor; readonly bytes: number }
  | { readonly type: 'clear'; readonly tensor: Tensor }
  | {
      readonly type: 'write'
      readonly tensor: Tensor
      readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>
    }

/**
 * A list of GPU commands as plain data. Recording never waits and never touches the device; `GpuQueue.submit` runs
 * the list in order, cut into submissions that fit a time budget.
 */
export class Recorder {
  readonly commands: Command[] = []

  constructor(readonly traits: DeviceTraits) {}

  run<B extends string, S>(kernel: Kernel<B, S>, tensors: Readonly<Record<B, Tensor>>, shape: S): void {
    const passes = kernel.passes(shape, this.traits)
    const whole = kernel.cost(shape)
    const cost = { flops: whole.flops / passes.length, bytes: whole.bytes / passes.length }
    const ordered = (Object.keys(kernel.bindings) as B[]).map((name) => tensors[name])
    for (const pass of passes) {
      invariant(
        pass.groups.every((n) => (n ?? 1) <= this.traits.maxGroupsPerDimension),
        () => `${kernel.label}: grid [${pass.groups}] exceeds the device's limit`,
      )
      this.commands.push({
        type: 'dispatch',
        kernel: kernel as unknown as Kernel<string, never>,
        tensors: ordered,
        pass,
        cost,
      })
    }
  }

  /** Copies all of `from` to the start of `to`, or `bytes` of it. */
  copy(from: Tensor, to: Tensor, bytes = byteLength(from)): void {
    invariant(bytes <= byteLength(to) && bytes <= byteLength(from), () => `copy of [${from.shape}] into [${to.shape}]`)
    this.commands.push({ type: 'copy', from, to, bytes })
  }

  clear(tensor: Tensor): void {
    this.commands.push({ type: 'clear', tensor })
  }

  /** Uploads `data`, which must not change until the commands have been submitted. */
  write(tensor: Tensor, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
    invariant(data.byteLength <= byteLength(tensor), () => `write of ${data.length} values into [${tensor.shape}]`)
    this.commands.push({ type: 'write', tensor, data })
  }
}
