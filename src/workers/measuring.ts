import { invariant } from '../errors'
import { blobSource } from '../formats/bytes'
import { WIDTHS } from '../formats/quantized'
import { continueText } from '../pipeline/continue'
import { divergence } from '../pipeline/divergence'
import { perplexity } from '../pipeline/perplexity'
import { scan } from '../pipeline/scan'
import { zeroShot } from '../pipeline/zero-shot'
import { readTask } from '../pipeline/zero-shot-task'
import type { EngineApi } from './api'
import type { Session } from './session'

type Measuring = Pick<EngineApi, 'perplexity' | 'divergence' | 'scan' | 'inspectTask' | 'zeroShot' | 'generate'>

/** What the open model and its result predict and write. */
export function measuring(session: Session): Measuring {
  const { run } = session.works
  return {
    perplexity: (which, text, options, onProgress) =>
      run((signal) => {
        const request = { text, ...options, signal, onProgress }
        return perplexity(session.device(), session.model(), session.weights(which), request)
      }),

    divergence: (text, options, onProgress) =>
      run((signal) => {
        const model = session.model()
        const side = (which: 'original' | 'quantized') => ({ model, weights: session.weights(which) })
        const sides = { original: side('original'), quantized: side('quantized') }
        return divergence(session.device(), sides, { text, ...options, signal, onProgress })
      }),

    scan: (text, { bits, ...options }, onProgress) =>
      run((signal) => {
        const width = WIDTHS.find((known) => known === bits)
        invariant(width, () => `a scan at ${bits} bits`)
        const request = { text, ...options, widths: [width], symmetric: false, signal, onProgress }
        return scan(session.device(), session.model(), request)
      }),

    async inspectTask(file) {
      const { name, kind, items } = await readTask(blobSource(file, file.name))
      return { name, kind, items: items.length }
    },

    zeroShot: (which, file, { limit, stored }, onProgress) =>
      run(async (signal) => {
        const task = await readTask(blobSource(file, file.name), limit)
        const request = { task, stored, signal, onProgress }
        return zeroShot(session.device(), session.model(), session.weights(which), request)
      }),

    generate: (which, prompt, options, onText) =>
      run((signal) => {
        const request = { ...options, prompt, signal, onText }
        return continueText(session.device(), session.model(), session.weights(which), request)
      }),
  }
}
