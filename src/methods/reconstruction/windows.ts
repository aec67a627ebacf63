import { invariant } from '../../errors'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import type { Samples } from '../method'

/** A window of the samples: its batch, and its first row there. */
export interface Place {
  readonly batch: number
  readonly row: number
}

/** Where the windows of all batches lie, in order. */
export const placesOf = ({ batches, length }: Samples): Place[] =>
  batches.flatMap(({ windows }, batch) =>
    Array.from({ length: windows }, (_, window) => ({ batch, row: window * length })),
  )

/** `count` different numbers below `of`, each set equally likely. */
export function drawSome(of: number, count: number, random: () => number): number[] {
  invariant(count >= 1 && count <= of, () => `${count} windows of ${of}`)
  const moved = new Map<number, number>()
  return Array.from({ length: count }, (_, i) => {
    const j = i + Math.floor(random() * (of - i))
    const chosen = moved.get(j) ?? j
    moved.set(j, moved.get(i) ?? i)
    return chosen
  })
}

/** Records the inputs or targets of these windows one after another, as a new tensor [windows·length, hidden]. */
export function recordWindows(
  gpu: Gpu,
  rec: Recorder,
  { batches, length }: Samples,
  places: readonly Place[],
  what: 'input' | 'target',
): Tensor {
  const [, hidden = 0] = batches[0]!.input.shape
  const all = gpu.alloc([places.length * length, hidden], 'f32', what)
  places.forEach(({ batch, row }, i) => {
    rec.copy(rowsOf(batches[batch]![what], row, length), rowsOf(all, i * length, length))
  })
  return all
}

/** Some rows of a matrix; only for copies, since bindings begin at multiples of 256 bytes. */
function rowsOf(tensor: Tensor, first: number, rows: number): Tensor {
  const [, columns = 0] = tensor.shape
  return { ...tensor, offset: tensor.offset + 4 * first * columns, shape: [rows, columns] }
}
