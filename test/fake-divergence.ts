import type { PlannedModule } from '../src/inspection-records'
import type { DivergenceReport, SensitivityReport } from '../src/measurement-records'

const side = (perplexity: number, fall: number) => ({
  ...{ perplexity, nll: Math.log(perplexity), interval: { low: 0.95 * perplexity, high: 1.06 * perplexity } },
  positions: Array.from({ length: 8 }, (_, i) => ({ from: 2 ** i, to: 2 ** (i + 1) - 1, nll: fall - i / 5 })),
})

/** A comparison of a model with one that lost a little. */
export function fakeDivergence(text: string, protocol: string, stored: boolean): DivergenceReport {
  const counts = Array.from({ length: 36 }, (_, i) =>
    i < 8 || i > 27 ? 0 : Math.round(500 * Math.exp(-(((i - 20) / 4) ** 2))),
  )
  return {
    ...{ protocol, text, tokens: counts.reduce((sum, count) => sum + count, 0), windows: 16, stored, seconds: 3 },
    kl: {
      ...{ mean: 0.0213, interval: { low: 0.0188, high: 0.0238 }, median: 0.0094 },
      ...{ p90: 0.05, p95: 0.081, p99: 0.21, p999: 0.74, max: 1.62 },
    },
    topAgreement: { value: 0.913, error: 0.0044 },
    probabilityChange: { mean: -0.0012, rms: 0.031 },
    ...{ original: side(61.2034, 5.2), quantized: side(62.9441, 5.3) },
    ratio: { value: 1.0284, interval: { low: 1.021, high: 1.036 } },
    histogram: { from: -7, to: 2, counts },
  }
}

type FakeScan = Pick<SensitivityReport, 'text' | 'by' | 'groupSize' | 'protocol'> & { readonly bits: number }

/** A scan in which later layers matter less. */
export function fakeScan(plan: readonly PlannedModule[], { bits, ...asked }: FakeScan): SensitivityReport {
  const unitOf = ({ name, layer, role }: PlannedModule) =>
    asked.by === 'module' ? name : asked.by === 'layer' ? `layer ${layer}` : role
  const units = new Map<string, PlannedModule[]>()
  for (const module of plan) units.set(unitOf(module), [...(units.get(unitOf(module)) ?? []), module])
  return {
    ...{ ...asked, tokens: 4080, windows: 16, widths: [bits], symmetric: false, seconds: 9 },
    ...{ perplexity: 61.2034, interval: { low: 58, high: 64 } },
    records: [...units].map(([unit, modules], i) => ({
      ...{ unit, modules: modules.map(({ name }) => name), bits, kl: 0.4 / (i + 1) / 4 ** bits },
      ...{ interval: null, topAgreement: 0.99, perplexity: 61.4 },
    })),
  }
}
