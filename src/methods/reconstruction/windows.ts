import { invariant } from '../../errors'
import type { Place, Samples } from '../method'

/** Where the windows of all batches lie, in order. */
export const placesOf = ({ batches, length }: Pick<Samples, 'batches' | 'length'>): Place[] =>
  batches.flatMap((windows, batch) => Array.from({ length: windows }, (_, window) => ({ batch, row: window * length })))

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
