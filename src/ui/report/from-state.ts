import { modelKey, packedBytes } from '../../state/modules'
import type { StudioState } from '../../state/store'
import type { ExportFormat } from '../../workers/api'
import type { ReportDocument } from './document'

/** What the page knows of its result: of what was measured, what belongs to it. Null where there is no result. */
export function documentOf(
  state: Pick<StudioState, 'model' | 'result' | 'measurements' | 'divergences' | 'taskLines' | 'scan'>,
): ReportDocument | null {
  const { model, result, measurements, divergences, taskLines, scan } = state
  if (!model || !result) return null
  const { report, run, exports } = result
  const key = modelKey(model)
  const own = (line: { readonly model: string; readonly run: number }) => line.model === key && line.run === run
  const compared = divergences.filter(own)
  const facts = Object.entries(exports.facts) as [ExportFormat, NonNullable<(typeof exports.facts)[ExportFormat]>][]
  return {
    report,
    packedBytes:
      model.inspection.bits !== null ? model.inspection.bytes : packedBytes(report.modules, model.inspection),
    // a comparison has both perplexities, on the same line
    perplexities: measurements
      .filter(own)
      .filter(
        (line) =>
          !compared.some(
            ({ text, protocol, maxTokens }) =>
              text === line.text && protocol === line.protocol && maxTokens === line.maxTokens,
          ),
      )
      .map(({ before, after }) => ({ before, after })),
    divergences: compared.map((line) => line.report),
    tasks: taskLines.filter(own).map(({ before, after }) => ({ before, after })),
    sensitivities: scan?.model === key ? [scan.report] : [],
    exports: facts.map(([format, known]) => ({ format, facts: known })),
  }
}
