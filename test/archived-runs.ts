import { type ArchivedRun, nothingMeasured, type RunHead, type RunMeasured, scoresOf } from '../src/archived-run'
import type { Recipe } from '../src/records'
import { perplexityReport } from './perplexity'

const recipe: Recipe = {
  ...{ version: 1, method: 'gptq', options: { bits: 4, groupSize: 64 }, seed: 0 },
  calibration: { text: 'moby-dick', samples: 8, length: 128, pick: 'first' },
}

const perplexityOf = (perplexity: number) => perplexityReport(perplexity, { text: 'union', seconds: 2 })

/** Measured as one perplexity of a quantized model whose original has 50. */
export const measuredAs = (perplexity: number): RunMeasured => ({
  ...nothingMeasured,
  perplexities: [
    {
      text: 'union',
      protocol: 'windows:64',
      maxTokens: 512,
      before: perplexityOf(50),
      after: perplexityOf(perplexity),
    },
  ],
})

/** A run as the archive keeps it; `n` makes its id. */
export function archivedRun(
  n: number,
  head: Partial<Omit<RunHead, 'recipe'>> & { readonly recipe?: Partial<Recipe> } = {},
  measured: RunMeasured = nothingMeasured,
): ArchivedRun {
  const bits = { code: 4, scale: 0.25, index: 0, total: 4.25 }
  return {
    version: 1,
    head: {
      ...{ id: String(n).padStart(8, '0'), number: n, made: 1000 * n, changed: 1000 * n, seconds: 3 },
      ...{ bitloom: '0.1.0', browser: 'Chrome 141, Linux', device: { name: 'SwiftShader', software: true } },
      model: { name: 'wren-nano', digest: 'abc', parameters: 1e6, bytes: 2e6 },
      ...{ home: { from: 'page', name: 'wren-nano' }, bits, width: 4, error: 0.01, packedBytes: 6e5 },
      ...{ tags: [], note: '', result: null, ...scoresOf(measured), ...head },
      recipe: { ...recipe, ...head.recipe },
    },
    body: {
      ...{ calibrationDigest: 'def', phases: { total: 3, quantize: 2 }, peakGpuBytes: 1e7, resumed: 0, warnings: [] },
      modules: [0, 1].map((layer) => ({
        ...{ name: `model.layers.${layer}.mlp.up_proj`, layer, role: 'up', out: 64, in: 32, bits, width: 4 - layer },
        ...{ error: { weight: 0.01, output: Number.NaN }, damping: null, seconds: 1, flips: null },
        ...{ training: { step: [0, 1], chosen: [Number.NaN, 2] }, reconstruction: null },
      })),
      measured,
    },
  }
}
