import { counted } from '../src/counted'
import type { DivergenceReport, Interval } from '../src/measurement-records'

/** A 95 % confidence interval behind its number, 4 digits after the point; empty where there is none. */
export const intervalText = (interval: Interval | null): string =>
  interval ? ` (95 %: ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)})` : ''

/** A comparison with the original for people. */
export function divergenceText(report: DivergenceReport): string {
  const { kl, topAgreement, probabilityChange, original, quantized, ratio } = report
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`
  const error = topAgreement.error === null ? '' : ` ± ${percent(topAgreement.error)}`
  const within = kl.interval ? ` (95 %: ${kl.interval.low.toPrecision(4)} to ${kl.interval.high.toPrecision(4)})` : ''
  const parts = [
    ...([
      ['median', kl.median],
      ['90 %', kl.p90],
      ['95 %', kl.p95],
      ['99 %', kl.p99],
    ] as const),
    ...([
      ['99.9 %', kl.p999],
      ['max', kl.max],
    ] as const),
  ]
  return [
    `${report.protocol}  ${report.text}  ${counted(report.tokens, 'token')} in ${counted(report.windows, 'window')}  ${report.seconds.toFixed(1)} s`,
    ...lines([
      ['perplexity of the original', `${original.perplexity.toFixed(4)}${intervalText(original.interval)}`],
      ['perplexity quantized', `${quantized.perplexity.toFixed(4)}${intervalText(quantized.interval)}`],
      ['ratio', `${ratio.value.toFixed(4)}${intervalText(ratio.interval)}`],
      ['KL divergence, nats a token', `${kl.mean.toPrecision(4)}${within}`],
      ...parts.map(([name, value]) => [`  ${name}`, value.toPrecision(4)] as const),
      ['same most likely token', `${percent(topAgreement.value)}${error}`],
      ['change of the right token', `mean ${percent(probabilityChange.mean)}, rms ${percent(probabilityChange.rms)}`],
    ]),
  ].join('\n')
}

const lines = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
