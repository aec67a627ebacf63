import type { Tensor } from '../../gpu/tensor'
import { rope as turn } from '../../kernels/rope'
import type { Tape, Variable } from '../tape'
import { share } from './share'

export interface RopeOptions {
  /** cos and sin of every angle, [positions, turned / 2] each. */
  readonly cosines: Tensor
  readonly sines: Tensor
  /** Tokens of a window; row r stands at position r mod length. */
  readonly length: number
  readonly heads: number
  readonly headDim: number
  /** Numbers of a head that turn; all unless given. */
  readonly turned?: number
}

/** Rotary embedding of x [tokens, heads·headDim]; its gradient is turned back. */
export function rope(
  tape: Tape,
  x: Variable,
  { cosines, sines, length, heads, headDim, turned = headDim }: RopeOptions,
): Variable {
  const { gpu, rec } = tape
  const [rows = 0] = x.value.shape
  const shape = { row: 0, rows, length, start: 0, heads, headDim, turned }
  const y = gpu.alloc(x.value.shape, 'f32', 'turned')
  rec.copy(x.value, y)
  rec.run(turn, { cosines, sines, x: y }, shape)
  return tape.node(y, [x], (dy) =>
    share(tape, x, (dx) => {
      rec.copy(dy, dx)
      rec.run(turn, { cosines, sines, x: dx }, { ...shape, inverse: true })
    }),
  )
}
