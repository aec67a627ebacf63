/** A tensor that must be bound whole. */
export interface WholeTensor {
  readonly what: string
  readonly kind: 'weight' | 'hessian' | 'window'
  readonly bytes: number
}

const REMEDIES = {
  weight: 'use a device with larger buffers or a smaller model',
  hessian: 'use RTN, which needs no Hessians, or a device with larger buffers',
  window: 'use shorter calibration windows, or a device with larger buffers',
}

/** What does not fit this device however the work is split, each with its remedy. */
export function problemsOf(tensors: readonly WholeTensor[], limit: number): string[] {
  return tensors
    .filter(({ bytes }) => bytes > limit)
    .map(
      ({ what, kind, bytes }) =>
        `gpu memory: expected tensors of at most ${limit} bytes on this device, got ${what} of ${bytes} bytes — ${REMEDIES[kind]}`,
    )
}
