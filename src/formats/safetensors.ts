import type { Dtype } from './dtypes'

/** A tensor to write: its data is asked for when its turn comes and may arrive in parts. */
export interface TensorToWrite {
  name: string
  dtype: Dtype
  shape: readonly number[]
  data: () => Promise<Uint8Array> | AsyncIterable<Uint8Array>
}
export type Description = Omit<TensorToWrite, 'data'>
