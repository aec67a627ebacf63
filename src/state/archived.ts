import {
  type ArchivedModule,
  type ArchivedRun,
  known,
  nothingMeasured,
  type RunHead,
  type RunMeasured,
} from '../archived-run'
import type { ModuleError, RunReport } from '../records'
import type { ResultOrigin } from '../workers/runs-api'
import { packedBytes } from './modules'
import { runRecord } from './runs'
import type { StudioState } from './store'

/** Steps of a learning that a record keeps. */
const MOST_STEPS = 32

interface Circumstances {
  readonly id: string
  readonly now: number
  readonly browser: string
  readonly origin: ResultOrigin | null
  readonly files: Parameters<typeof packedBytes>[1]
  /** The packed result is to stay. */
  readonly kept: boolean
}

/** A finished run as it is kept for good; numbered when it is. */
export function archivedRunOf(
  report: RunReport,
  { id, now, browser, origin, files, kept }: Circumstances,
): ArchivedRun {
  const { bits, width, error, widths } = runRecord(0, '', report)
  const { total, ...phases } = report.seconds
  return {
    version: 1,
    head: {
      ...{ id, number: 0, made: now, changed: now, seconds: total, bitloom: report.bitloom, browser },
      ...{ device: report.device, recipe: report.recipe, bits, width, error: known(error) },
      model: { ...report.model, digest: origin?.model ?? null },
      home: origin?.home ?? { from: 'files', names: [] },
      packedBytes: Math.round(packedBytes(report.modules, files)),
      ...{ scores: [], tasks: [], tags: [], note: '' },
      result: origin?.folder ? { folder: origin.folder, bytes: origin.bytes, kept } : null,
    },
    body: {
      ...{ calibrationDigest: report.calibrationDigest, peakGpuBytes: report.peakGpuBytes },
      ...{ resumed: report.resumed ?? 0, warnings: report.warnings.map((text) => text.slice(0, 2000)) },
      phases: phases as Record<string, number>,
      modules: report.modules.map(
        ({ name, layer, role, out, in: columns, bits: own, error: lost, damping, seconds, flips, ...learned }) => ({
          ...{ name, layer, role, out, in: columns, bits: own, width: widths.get(name)!, error: drawnError(lost) },
          ...{ damping, seconds, flips },
          training: learned.training && thinned({ ...learned.training }),
          reconstruction: learned.reconstruction && thinned({ ...learned.reconstruction }),
        }),
      ),
      measured: nothingMeasured,
    },
  }
}

/** A curve has no place for infinity. */
const drawn = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)

const drawnError = ({ weight, output }: ModuleError): ModuleError => ({
  weight: drawn(weight),
  output: output === null ? null : drawn(output),
})

/** Some of the recorded steps, the first and the last among them. */
function thinned(series: Readonly<Record<string, Float32Array>>): NonNullable<ArchivedModule['training']> {
  const steps = Math.max(0, ...Object.values(series).map(({ length }) => length))
  const most = Math.min(steps, MOST_STEPS)
  const chosen = Array.from({ length: most }, (_, i) => Math.round((i * (steps - 1)) / Math.max(1, most - 1)))
  return Object.fromEntries(
    Object.entries(series).map(([key, values]) => [
      key,
      chosen.map((step) => drawn(Number(values[step]!.toPrecision(5)))),
    ]),
  )
}

/** Everything that this sitting measured of a run. */
export function measuredOf(
  { measurements, divergences, taskLines }: Pick<StudioState, 'measurements' | 'divergences' | 'taskLines'>,
  number: number,
): RunMeasured {
  const own = ({ run }: { readonly run: number }) => run === number
  return {
    texts: {},
    perplexities: measurements
      .filter(own)
      .map(({ text, protocol, maxTokens, before, after }) => ({ text, protocol, maxTokens, before, after })),
    divergences: divergences
      .filter(own)
      .map(({ text, protocol, maxTokens, report }) => ({ text, protocol, maxTokens, report })),
    // a likelihood of every choice of every item is more than all the rest
    tasks: taskLines.filter(own).map(({ file, bytes, items, before, after }) => ({
      ...{ file, bytes, items },
      before: before && { ...before, logLikelihoods: [] },
      after: after && { ...after, logLikelihoods: [] },
    })),
  }
}

/** The lines of a run's measurements as the tables of this sitting have them. */
export function linesOf(
  { perplexities, divergences, tasks }: RunMeasured,
  key: { readonly model: string; readonly recipe: string; readonly run: number },
): Pick<StudioState, 'measurements' | 'divergences' | 'taskLines'> {
  return {
    measurements: perplexities.map((line) => ({ ...key, ...line })),
    divergences: divergences.map((line) => ({ ...key, ...line })),
    taskLines: tasks.map((line) => ({ ...key, ...line })),
  }
}

/** What a map of kept modules needs. */
export const widthsOf = (modules: readonly ArchivedModule[]): ReadonlyMap<string, number> =>
  new Map(modules.map(({ name, width }) => [name, width]))

/** One field of a recipe with another value: of the method's options, of the calibration, or the seed. */
export function withValue(recipe: RunHead['recipe'], key: string, value: unknown): RunHead['recipe'] {
  if (key === 'seed') return { ...recipe, seed: value as number }
  if (key in recipe.calibration && !(key in recipe.options))
    return { ...recipe, calibration: { ...recipe.calibration, [key]: value } }
  return { ...recipe, options: { ...recipe.options, [key]: value } }
}
