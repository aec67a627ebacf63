import type { TensorPicture, TensorWish } from '../file-records'

/** Looking into the files that are open: no GPU is needed. */
export interface ViewApi {
  /**
   * A tensor in cells, with its statistics; null where it cannot be drawn: it is of a type that is not known, or holds no weights.
   * FormatError where the open files have no such tensor. A picture that is asked for meanwhile takes its place: this one then rejects with
   * CancelledError, as it does after `stop`.
   */
  picture(wish: TensorWish, onProgress: (read: number, of: number) => void): Promise<TensorPicture | null>
  stop(): Promise<void>
}
