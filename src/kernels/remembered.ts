/** Made when first asked for; the same arguments give the same kernel. */
export function remembered<A extends readonly unknown[], K>(make: (...given: A) => K, keyOf: (...given: A) => string) {
  const made = new Map<string, K>()
  return (...given: A): K => {
    const key = keyOf(...given)
    const kernel = made.get(key) ?? make(...given)
    made.set(key, kernel)
    return kernel
  }
}
