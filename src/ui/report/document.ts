import { sumPublished } from '../../formats/bits'
import type { DivergenceReport, PerplexityReport, SensitivityReport, ZeroShotReport } from '../../measurement-records'
import type { ExportFacts, ExportFormat } from '../../pipeline/exports'
import type { RunReport } from '../../records'

/** A number of the original beside that of the result; null where it was not measured. */
export interface Pair<R> {
  readonly before: R | null
  readonly after: R | null
}

/** All that is known of a result, for a report of it: plain records, from a run just done or from files. */
export interface ReportDocument {
  readonly report: RunReport
  /** Of the packed file. */
  readonly packedBytes: number
  readonly perplexities: readonly Pair<PerplexityReport>[]
  readonly divergences: readonly DivergenceReport[]
  readonly tasks: readonly Pair<ZeroShotReport>[]
  readonly sensitivities: readonly SensitivityReport[]
  readonly exports: readonly { readonly format: ExportFormat; readonly facts: ExportFacts }[]
}

/** The document as JSON: all but what has a value a column, a step or an edge, which the packed file keeps. */
export function documentJson(document: ReportDocument): string {
  const { report, ...measured } = document
  const modules = report.modules.map(
    ({ columns: _, training: __, graph: ___, grouping: ____, reconstruction: _____, ...module }) => module,
  )
  const tasks = measured.tasks.map(({ before, after }) => ({ before: totals(before), after: totals(after) }))
  const publishedBits = sumPublished(report.modules)
  return `${JSON.stringify({ version: 1, report: { ...report, modules }, publishedBits, ...measured, tasks }, null, 1)}\n`
}

/** Without the answers to single items. */
function totals(report: ZeroShotReport | null) {
  if (!report) return null
  const { gold: _, predictions: __, normalizedPredictions: ___, logLikelihoods: ____, ...rest } = report
  return rest
}
