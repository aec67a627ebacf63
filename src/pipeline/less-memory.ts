import { counted } from '../counted'
import { GpuOutOfMemoryError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { StatesPlace } from '../inspection-records'
import type { Progress } from '../records'

/** How much of the GPU's memory work takes. */
export interface Footing {
  /** Windows that pass a block together; null for as many as usual. */
  readonly windows: number | null
}

/** What work gives up when the GPU's memory runs out. */
export interface Descent<F extends Footing> {
  readonly first: F
  /** Tokens of a window, of the longest where they differ. */
  readonly length: number
  /** The next step down; null where nothing is left to give up. */
  down(from: F): F | null
  /** How it stands, in words: "hidden states in host memory and 2 windows a batch"; empty for as usual. */
  words(at: F): string
  /** Told before work begins again. */
  step(to: F, text: string): void | Promise<void>
}

/**
 * Does `work`, and where the GPU's memory runs out does it again on less of it, a step at a time; freed buffers are no longer kept for
 * reuse then. Whatever a failed try had allocated is given back. GpuOutOfMemoryError, with what was asked for and what was
 * given up, where nothing helps.
 */
export async function onLessMemory<F extends Footing, T>(
  gpu: Gpu,
  { first, length, down, words, step }: Descent<F>,
  work: (at: F) => Promise<T>,
): Promise<T> {
  const { keepBytes } = gpu.pool
  try {
    for (let at = first; ; ) {
      const attempt = () => gpu.scope(() => work(at))
      try {
        return await (at.windows === null ? attempt() : gpu.withBatches(at.windows * length, attempt))
      } catch (error) {
        if (!(error instanceof GpuOutOfMemoryError)) throw error
        const next = down(at)
        if (!next) throw words(at) ? refused(error, words(at)) : error
        gpu.pool.keepBytes = 0
        gpu.pool.resetPeak()
        at = next
        await step(at, `${asked(error)}: going on with ${words(at)}`)
      }
    }
  } finally {
    gpu.pool.keepBytes = keepBytes
  }
}

const MESSAGE = /^gpu memory: expected room for (.+), got "(.*)" — (.*)$/s

const asked = ({ message }: Error) => {
  const [, what] = MESSAGE.exec(message) ?? []
  return what ? `the GPU's memory ran out (${what})` : "the GPU's memory ran out"
}

function refused({ message }: Error, words: string): GpuOutOfMemoryError {
  const [, what, got, remedy] = MESSAGE.exec(message) ?? []
  return new GpuOutOfMemoryError(
    what ? `gpu memory: expected room for ${what}, got "${got}" with ${words}, too — ${remedy}` : message,
  )
}

/** Half as many windows; null where there is one. */
export const fewer = (windows: number): number | null => (windows > 1 ? Math.floor(windows / 2) : null)

export const batchWords = (windows: number): string => `${counted(windows, 'window')} a batch`

const PLACES: Record<StatesPlace, string> = { gpu: 'on the GPU', host: 'in host memory', disk: 'on disk' }
export const statesWords = (states: StatesPlace): string => `hidden states ${PLACES[states]}`

/** Of an evaluation: hidden states of a round of batches are held at once. */
interface Round extends Footing {
  readonly roundBytes: number
}

interface Evaluation {
  /** All windows that could be held at once. */
  readonly count: number
  /** Tokens of one, of the longest where they differ. */
  readonly length: number
  /** Windows of a batch, as usual. */
  readonly together: number
  /** Bytes of hidden states that a token has at the least. */
  readonly tokenBytes: number
  /** Of hidden states held at once, as usual. */
  readonly roundBytes: number
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** Evaluates in smaller batches, and fewer of them at once, where the GPU's memory runs out. */
export function inSmallerBatches<T>(
  gpu: Gpu,
  { count, length, together, tokenBytes, roundBytes, onProgress }: Evaluation,
  work: (roundBytes: number) => Promise<T>,
): Promise<T> {
  const window = tokenBytes * length
  const descent: Descent<Round> = {
    ...{ first: { windows: null, roundBytes: Math.min(roundBytes, count * window) }, length },
    down(at) {
      const windows = fewer(at.windows ?? Math.min(count, together))
      if (windows === null && at.roundBytes <= window) return null
      return { windows: windows ?? 1, roundBytes: Math.max(window, Math.floor(at.roundBytes / 2)) }
    },
    words: (at) =>
      at.windows === null
        ? ''
        : `${batchWords(at.windows)} and ${Math.ceil(at.roundBytes / 2 ** 20)} MiB of hidden states at once`,
    step: (_, text) => onProgress?.({ type: 'warning', text }),
  }
  return onLessMemory(gpu, descent, ({ roundBytes }) => work(roundBytes))
}
