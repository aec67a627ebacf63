import { CancelledError } from '../errors'
import type { GpuInfo } from '../gpu/device'
import { windowsPerBatch } from '../models/batch-size'
import type { Batch } from '../models/block'
import type { ModelSpec } from '../models/spec'
import type { Windows } from './windows'

/** Tokens that go through a block together: enough to fill the device, few enough to stop soon when asked to. */
const BATCH_TOKENS = { hardware: 16384, software: 2048 }

export interface WindowBatch extends Batch {
  /** Token ids, [windows · length]. */
  readonly ids: Uint32Array<ArrayBuffer>
}

/** The windows in batches of `step` and a rest. */
export function batchesOf(
  gpu: GpuInfo,
  spec: ModelSpec,
  { ids, count, length }: Windows,
  step = batchWindows(gpu, spec, length),
): WindowBatch[] {
  const batches: WindowBatch[] = []
  for (let first = 0; first < count; first += step) {
    const windows = Math.min(step, count - first)
    batches.push({ windows, length, ids: ids.slice(first * length, (first + windows) * length) })
  }
  return batches
}

export function batchWindows(gpu: GpuInfo, spec: ModelSpec, length: number): number {
  const tokens = gpu.software ? BATCH_TOKENS.software : BATCH_TOKENS.hardware
  return Math.min(windowsPerBatch(gpu, spec, length), Math.max(1, Math.floor(tokens / length)))
}

export function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError('stopped by request; what was finished before is kept')
}
