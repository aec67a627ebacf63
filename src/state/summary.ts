import type { ModuleRecord } from '../records'
import type { Measurement } from './measurements'
import { modelKey, packedBytes } from './modules'
import type { StudioState } from './store'

/** What a result amounts to, in the few numbers that decide whether it is worth keeping. */
export interface Summary {
  /** Bytes of the packed file against the original's files; exact only once the file is open. */
  readonly packed: { readonly bytes: number; readonly original: number; readonly exact: boolean }
  /** Errors over all modules: of outputs, or of weights where nothing was calibrated. */
  readonly error: { readonly kind: 'output' | 'weight'; readonly median: number; readonly worst: ModuleRecord } | null
  /** The last measurement of this result. */
  readonly perplexity: Measurement | null
}

export function summaryOf({ model, result, measurements }: Pick<StudioState, 'model' | 'result' | 'measurements'>) {
  if (!model || !result) return null
  const { report, run } = result
  const open = model.inspection.bits !== null
  const bytes = open ? model.inspection.bytes : packedBytes(report.modules, model.inspection)
  const name = modelKey(model)
  const summary: Summary = {
    packed: { bytes, original: report.model.bytes, exact: open },
    error: errorsOf(report.modules),
    perplexity: measurements.findLast((line) => line.model === name && line.run === run && line.after) ?? null,
  }
  return summary
}

function errorsOf(modules: readonly ModuleRecord[]): Summary['error'] {
  const kind = modules.every(({ error }) => error.output !== null) ? 'output' : 'weight'
  const errorOf = ({ error }: ModuleRecord) => error[kind] ?? 0
  const sorted = [...modules].sort((a, b) => errorOf(a) - errorOf(b))
  const [worst, middle] = [sorted.at(-1), sorted[Math.floor(sorted.length / 2)]]
  // a checkpoint that other software quantized does not say what it lost
  return worst && middle && Number.isFinite(errorOf(worst)) ? { kind, median: errorOf(middle), worst } : null
}
