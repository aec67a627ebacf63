/** Central differences of a scalar function at `at`, float64, one element after the other: the oracle of gradients. */
export function differences(at: ArrayLike<number>, loss: (x: Float64Array) => number, step = 1e-5): Float64Array {
  const x = Float64Array.from(at)
  return x.map((value, i) => {
    x[i] = value + step
    const above = loss(x)
    x[i] = value - step
    const below = loss(x)
    x[i] = value
    return (above - below) / (2 * step)
  })
}
