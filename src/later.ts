/** A result on its way, for whoever goes on without it; wrapped, or `await` would wait for it at once. */
export interface Later<T> {
  readonly value: Promise<T>
}

/** Until somebody awaits it, its failure is nobody's: what fails first is told, and that may be something else. */
export function later<T>(value: Promise<T>): Later<T> {
  value.catch(() => {})
  return { value }
}
