import type { Gpu } from '../src/gpu/device'
import type { Tensor } from '../src/gpu/tensor'
import { type Panels, panelsOf } from '../src/linalg/panels'

/** A matrix of one panel as one tensor. */
export function whole(panels: Panels): Tensor {
  if (panels.length !== 1) throw new Error(`one tensor is asked for of a matrix in ${panels.length} panels`)
  return panels[0]!.tensor
}

/** A matrix of n columns as panels of so many rows. */
export const uploadPanels = (gpu: Gpu, values: Float32Array<ArrayBuffer>, n: number, rows = n): Panels =>
  panelsOf(n, rows).map(({ first, count }) => ({
    ...{ first, count, tensor: gpu.upload(values.slice(first * n, (first + count) * n), [count, n]) },
  }))
