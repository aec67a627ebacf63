import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { layerNorm } from './layer-norm'
import { layerNormBackward } from './layer-norm-backward'
import { rmsNorm } from './rms-norm'
import { rmsNormBackward } from './rms-norm-backward'

export interface NormSpec {
  /** 'rms' divides by the root of the mean square, 'layer' takes the mean off before and adds a bias behind. */
  kind: 'rms' | 'layer'
  eps: number
  /** What stored weights lack: 1 where they are stored as the distance from 1. */
  offset: number
}

/** y of the shape of x, every row of as many numbers as w has normed; b is there where the norm adds a bias. */
export function recordNorm(
  rec: Recorder,
  { kind, eps, offset }: NormSpec,
  { x, w, b, y }: { x: Tensor; w: Tensor; b?: Tensor | undefined; y: Tensor },
): void {
  const hidden = elements(w.shape)
  const rows = elements(x.shape) / hidden
  if (kind === 'layer') rec.run(layerNorm(rec.traits.software), { x, w, b: b!, y }, { rows, hidden, eps })
  else rec.run(rmsNorm(rec.traits.software), { x, w, y }, { rows, hidden, eps, offset })
}

/** dx of the same from its input and its output's gradient dy, all of one shape; added to what dx holds where asked for. */
export function recordNormBackward(
  rec: Recorder,
  { kind, eps, offset }: NormSpec,
  { x, w, dy, dx }: { x: Tensor; w: Tensor; dy: Tensor; dx: Tensor },
  accumulate = false,
): void {
  const hidden = elements(w.shape)
  const rows = elements(x.shape) / hidden
  const { software } = rec.traits
  if (kind === 'layer') rec.run(layerNormBackward(software), { x, w, dy, dx }, { rows, hidden, eps, accumulate })
  else rec.run(rmsNormBackward(software), { x, w, dy, dx }, { rows, hidden, eps, offset, accumulate })
}
