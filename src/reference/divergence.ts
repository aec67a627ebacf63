const logSoftmax = (logits: ArrayLike<number>): number[] => {
  const values = Array.from(logits)
  const top = values.reduce((most, value) => Math.max(most, value))
  const total = Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0))
  return values.map((value) => value - top - total)
}

/** KL(softmax a ‖ softmax b) = Σ p·(log p − log q) in nats, of one row of logits each. */
export function divergenceReference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const q = logSoftmax(b)
  return logSoftmax(a).reduce((sum, logP, i) => {
    const p = Math.exp(logP)
    return p === 0 ? sum : sum + p * (logP - q[i]!)
  }, 0)
}
