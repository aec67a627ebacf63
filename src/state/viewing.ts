import type { TensorPicture, TensorWish } from '../file-records'
import type { Context } from './context'

/** Looking at the tensors of the files that are open; beside whatever else the engine does. */
export function viewingActions(context: Context) {
  /** Null where the tensor cannot be drawn. Rejects with CancelledError when another was asked for meanwhile. */
  const picture = (wish: TensorWish, onProgress: (read: number, of: number) => void): Promise<TensorPicture | null> =>
    context.engine.api.view.picture(wish, onProgress)

  const stopPicture = (): void => void context.engine.api.view.stop().catch(() => {})

  return { picture, stopPicture }
}
