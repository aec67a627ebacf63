import { randomFrom } from '../../random'

/** Control: the same histogram on other columns. A shuffle, so the mean stays only where all columns weigh the same. */
export function randomLike(choice: Uint8Array, seed: number): Uint8Array {
  const random = randomFrom(seed)
  const shuffled = choice.slice()
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  return shuffled
}
