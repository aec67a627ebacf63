/** Something of which every method is asynchronous, so that it may come later than its first call. */
type Asynchronous = { readonly [name: string]: unknown }

/**
 * Stands in for something that is loaded when one of its methods is called for the first time. What is `here` already is taken
 * from there.
 */
export function standIn<T extends object>(load: () => Promise<T>, here: Partial<T> = {}): T {
  return new Proxy(here as T, {
    get(_, name) {
      if (name in here) return here[name as keyof T]
      return async (...request: unknown[]) => {
        const there = (await load()) as Asynchronous
        return (there[name as string] as (...request: unknown[]) => unknown).apply(there, request)
      }
    },
  })
}

/** Loads once; again after a failure, as when the connection was down. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null
  return () => {
    loading ??= load().catch((error) => {
      loading = null
      throw error
    })
    return loading
  }
}
