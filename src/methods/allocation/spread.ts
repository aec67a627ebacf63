/**
 * Visits 0…n−1 once each so that every beginning of the visit is spread evenly over the range: position j is j·s mod n
 * with s next to n/φ and coprime to n (a golden-ratio sequence, without sorting). It settles ties: by index alone, the
 * first columns would get all the bits.
 */
export function* spreadOrder(n: number): Generator<number> {
  const stride = goldenStride(n)
  for (let j = 0, at = 0; j < n; j++, at = (at + stride) % n) yield at
}

function goldenStride(n: number): number {
  let stride = Math.max(1, Math.round(n / ((1 + Math.sqrt(5)) / 2)))
  while (commonDivisor(stride, n) > 1) stride++
  return stride
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))
