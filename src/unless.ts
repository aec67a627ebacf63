/**
 * Ends work early where `event` fails first. As Promise.race, which would hold every result until `event` settles: of one that
 * never does, as the loss of a device, all of them for ever.
 * @returns what awaits work; while `event` has not failed, work that is done is let go of
 */
export function unless(event: Promise<never>): <T>(work: Promise<T>) => Promise<T> {
  const waiting = new Set<(reason: unknown) => void>()
  let failed = false
  event.catch((reason) => {
    failed = true
    for (const reject of waiting) reject(reason)
    waiting.clear()
  })
  return <T>(work: Promise<T>) => {
    if (failed) return Promise.race([work, event])
    return new Promise<T>((resolve, reject) => {
      waiting.add(reject)
      work.then(resolve, reject).finally(() => waiting.delete(reject))
    })
  }
}
