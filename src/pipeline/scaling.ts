import type { Scaling } from '../formats/quantized'

/** Both scalings one after the other. */
export const scaledAgain = (before: Scaling | undefined, { rows, columns }: Scaling): Scaling => ({
  rows: product(before?.rows ?? null, rows),
  columns: product(before?.columns ?? null, columns),
})

type Factors = Float32Array<ArrayBuffer> | null

const product = (a: Factors, b: Factors): Factors => (a && b ? a.map((factor, i) => factor * b[i]!) : (a ?? b))

/** A window of a matrix, row-major, of which these are its first row and column; the weights that its codes stand for. */
export function scaledWindow(
  values: Float32Array,
  { row, column, columns }: { readonly row: number; readonly column: number; readonly columns: number },
  scaling: Scaling,
): Float32Array {
  return values.map((value, i) => {
    const [r, c] = [row + Math.floor(i / columns), column + (i % columns)]
    return value * (scaling.rows?.[r] ?? 1) * (scaling.columns?.[c] ?? 1)
  })
}
