export type TensorType = 'f32' | 'u32'

/** A row-major array in GPU memory; `offset` is in bytes and a multiple of 256. Every element takes four bytes. */
export interface Tensor {
  readonly buffer: GPUBuffer
  readonly offset: number
  readonly shape: readonly number[]
  readonly type: TensorType
}

export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

export const byteLength = (tensor: Tensor): number => elements(tensor.shape) * 4
