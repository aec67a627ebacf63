import type { GpuInfo } from '../gpu/device'
import type { ModelSpec } from './spec'

/** Logits are made for as many rows at a time as fit into this, or into a binding where that is smaller. */
const LOGITS_BYTES = 64 * 2 ** 20

/** Rows of logits that are made at a time: at most 64 MiB of them, or what a binding takes. */
export function logitsRows({ maxBindingBytes }: GpuInfo, { vocab }: ModelSpec, tokens: number): number {
  return Math.min(tokens, Math.max(1, Math.floor(Math.min(LOGITS_BYTES, maxBindingBytes) / 4 / vocab)))
}

/**
 * Windows of `length` tokens that go through a block together: every activation stays within a quarter of a binding, and within
 * what memory was found to hold.
 */
export function windowsPerBatch(
  { maxBindingBytes, batchTokens = Number.POSITIVE_INFINITY }: GpuInfo,
  spec: ModelSpec,
  length: number,
): number {
  const widest = Math.max(spec.hidden, ...spec.linears.flatMap((linear) => [linear.in, linear.out]))
  const bound = Math.floor(maxBindingBytes / 4 / (4 * widest * length))
  return Math.max(1, Math.min(bound, Math.floor(batchTokens / length)))
}
