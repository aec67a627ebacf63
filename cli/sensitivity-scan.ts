import { counted } from '../src/counted'
import { roughly } from '../src/duration'
import type { Width } from '../src/formats/quantized'
import type { Gpu } from '../src/gpu/device'
import type { ScanUnit, SensitivityReport } from '../src/measurement-records'
import { parseCandidates } from '../src/methods/allocation/candidates'
import type { OpenedModel } from '../src/pipeline/opened'
import { scan } from '../src/pipeline/scan'
import { limitsText, middleLoss, minimumWidths } from '../src/pipeline/scan-limits'
import type { Progress } from '../src/records'
import { aligned } from './aligned'
import type { Result } from './command'
import { intervalText } from './divergence-text'
import { say } from './progress'

/** What a scan is asked by flags. */
export interface ScanFlags {
  readonly bits: string
  readonly by: ScanUnit
  readonly groupSize: number
  readonly symmetric: boolean
  readonly protocol: string
  readonly maxTokens: number | null
  /** KL that a unit may lose; the middle of the units unless given. */
  readonly maxKl: number | null
  readonly signal: AbortSignal
}

export async function sensitivityScan(
  gpu: Gpu,
  model: OpenedModel,
  text: { readonly name: string; readonly text: string },
  flags: ScanFlags,
): Promise<Result> {
  const widths: readonly Width[] = parseCandidates(flags.bits)
  const { by, groupSize, symmetric, protocol, maxTokens, signal } = flags
  const request = { text, protocol, maxTokens, by, widths, groupSize, symmetric, signal, onProgress: scanPrinter() }
  const report = await scan(gpu, model, request)
  const allowed = flags.maxKl ?? middleLoss(report)
  const minima = minimumWidths(report, allowed)
  const limits = limitsText(minima, report)
  const json = { ...report, model: model.name, device: gpu.info.name, allowed, minima, limits }
  return { json, text: scanText(report, allowed, limits) }
}

/** A forecast as soon as the first passes have been timed, and now and then what is left. */
function scanPrinter(): (progress: Progress) => void {
  const started = performance.now()
  let told = started
  return (progress) => {
    if (progress.type !== 'phase' || progress.phase !== 'evaluate') return
    const { done, total, label } = progress
    const now = performance.now()
    if (done === 0) say(`${total} passes of a batch through a block or the head`)
    if (done === 0 || now - told < TELL_MS) return
    told = now
    const left = (((now - started) / done) * (total - done)) / 1000
    say(`${done}/${total}  about ${roughly(left)} left  ${label}`)
  }
}

const TELL_MS = 5000

/** A row a unit, the most sensitive first, a column a width: KL, and the perplexity it leaves. */
function scanText(report: SensitivityReport, allowed: number, limits: string): string {
  const { by, widths, records, perplexity, interval, protocol, tokens, windows, seconds } = report
  const units = [...new Set(records.map(({ unit }) => unit))]
  const of = (unit: string, bits: number) => records.find((one) => one.unit === unit && one.bits === bits)!
  const rows = units
    .sort((a, b) => of(b, widths[0]!).kl - of(a, widths[0]!).kl)
    .map((unit) => [
      unit,
      ...widths.flatMap((bits) => {
        const { kl, perplexity: left } = of(unit, bits)
        return [kl.toExponential(3), left.toFixed(3)]
      }),
    ])
  return [
    `original: perplexity ${perplexity.toFixed(4)}${intervalText(interval)}  ${protocol}  ${report.text}  ${counted(tokens, 'token')} in ${counted(windows, 'window')}  ${seconds.toFixed(1)} s`,
    ...aligned([[by, ...widths.flatMap((bits) => [`KL at ${bits}`, 'perplexity'])], ...rows]),
    `minimum widths for a KL of at most ${allowed} a ${by}, as limits of a recipe:`,
    limits || `none: ${counted(widths[0]!, 'bit')} will do everywhere`,
  ].join('\n')
}
