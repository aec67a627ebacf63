import type { BlockContext, WorkingBlock } from '../src/methods/method'

/** A linear under work on its own: for methods that look at nothing around it. */
export function workingBlock(context: BlockContext): WorkingBlock {
  const none = (): never => {
    throw new Error('a linear on its own has no block around it')
  }
  return {
    ...context,
    get weights() {
      return none()
    },
    get rope() {
      return none()
    },
    rescale: none,
    samples: none,
    checkpoint: async () => context.checkCancelled(),
  }
}
