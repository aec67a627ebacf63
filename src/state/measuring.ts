import type { Inspection } from '../inspection-records'
import type { Progress } from '../records'
import type { GenerationOptions, GenerationReport, PerplexityOptions, ScanOptions } from '../workers/api'
import { type Context, occupy, patch, textNamed } from './context'
import { knownBefore, type MeasurementKey, recordDivergence, recordMeasurement } from './measurements'
import { modelKey } from './modules'
import { batched } from './progress'
import { recipeLabel } from './recipe'
import type { StudioState } from './store'
import { NOT_QUANTIZED, workWords } from './words'

const UPDATE_MS = 100

/** Kinds of models whose weights are there to compare with, beside those of a run. */
export const hasOriginal = (kind: Inspection['kind']): boolean => kind === 'hf-checkpoint' || kind === 'gguf'

/** Which of the two can be asked: a packed file alone has no original, a model without a run no result. */
export const sidesOf = ({ model, result }: Pick<StudioState, 'model' | 'result'>) => ({
  original: model !== null && hasOriginal(model.inspection.kind),
  quantized: result?.alive === true,
})

/** Shows what the engine tells of a piece of work, under a label. */
export function shownProgress(context: Context, label: string) {
  patch(context, { work: { label, phase: null, done: 0, total: 0 } })
  return batched<Progress>(UPDATE_MS, (batch) => {
    const last = batch.findLast((line) => line.type === 'phase')
    if (last?.type === 'phase' && context.store.getState().work)
      patch(context, { work: { label, phase: last.phase, done: last.done, total: last.total } })
  })
}

/** Perplexity before and after, and the two models side by side. */
export function measuringActions(context: Context) {
  const state = context.store.getState

  const sides = () => sidesOf(state())

  const keyOf = (text: string, { protocol, maxTokens }: Omit<PerplexityOptions, 'stored'>): MeasurementKey | null => {
    const { model, result } = state()
    if (!model) return null
    return {
      model: modelKey(model),
      recipe: result ? recipeLabel(result.report.recipe) : NOT_QUANTIZED,
      run: result?.alive ? result.run : -1,
      ...{ protocol, text, maxTokens },
    }
  }

  const measure = (textName: string, options: PerplexityOptions) =>
    occupy(context, 'measure', 'measure', async () => {
      const text = await textNamed(context, textName)
      const key = keyOf(textName, options)
      if (!key) return
      const one = async (which: 'original' | 'quantized') => {
        const progress = shownProgress(context, workWords.perplexity(which))
        const report = await context.engine.api.perplexity(which, text, options, progress.push)
        progress.flush()
        const half = which === 'original' ? 'before' : 'after'
        patch(context, { measurements: recordMeasurement(state().measurements, key, half, report) })
      }
      const { original, quantized } = sides()
      if (original && !knownBefore(state().measurements, key)) await one('original')
      if (quantized) await one('quantized')
    })

  /** Holds the result's predictions against the original's: both perplexities come of it, too. */
  const measureDivergence = (textName: string, options: PerplexityOptions) =>
    occupy(context, 'measure', 'compare', async () => {
      const text = await textNamed(context, textName)
      const key = keyOf(textName, options)
      if (!key) return
      const progress = shownProgress(context, workWords.comparing)
      const report = await context.engine.api.divergence(text, options, progress.push)
      progress.flush()
      const { original, quantized, tokens, windows, protocol, stored, seconds } = report
      // one after the other, they took about as long each
      const setting = { protocol, text: textName, tokens, windows, seconds: seconds / 2 }
      let lines = recordMeasurement(state().measurements, key, 'before', { ...original, ...setting, stored: false })
      lines = recordMeasurement(lines, key, 'after', { ...quantized, ...setting, stored })
      const divergences = recordDivergence(state().divergences, { ...key, report })
      patch(context, { measurements: lines, divergences })
    })

  /** Rounds one unit of the original after the other and measures what it loses. */
  const scan = (textName: string, options: ScanOptions) =>
    occupy(context, 'measure', 'scan', async () => {
      const { model } = state()
      if (!model) return
      const text = await textNamed(context, textName)
      const progress = shownProgress(context, workWords.scanning(options.by, options.bits))
      const report = await context.engine.api.scan(text, options, progress.push)
      progress.flush()
      patch(context, { scan: { model: modelKey(model), report } })
    })

  const generate = (prompt: string, options: GenerationOptions) =>
    occupy(context, 'measure', 'generate', async () => {
      const before = state().generation
      patch(context, {
        generation: { prompt, chat: options.chat !== undefined, original: null, quantized: null, running: null },
      })
      const { original, quantized } = sides()
      try {
        if (original) await continueWith('original', prompt, options)
        if (quantized) await continueWith('quantized', prompt, options)
      } catch (error) {
        const { original: one, quantized: other } = state().generation
        // nothing came of it: what stood there is worth more
        if (!one?.text && !other?.text) patch(context, { generation: before })
        throw error
      } finally {
        patch(context, { generation: { ...state().generation, running: null } })
      }
    })

  const continueWith = async (which: 'original' | 'quantized', prompt: string, options: GenerationOptions) => {
    const show = (text: string, report: GenerationReport | null) =>
      patch(context, {
        generation: { ...state().generation, running: report ? null : which, [which]: { text, report } },
      })
    let soFar = ''
    let report: GenerationReport | null = null
    show(soFar, null)
    const pieces = batched<string>(UPDATE_MS, (batch) => {
      // calls from a worker may come in behind its answer, which has all of the text
      if (report) return
      soFar += batch.join('')
      show(soFar, null)
    })
    report = await context.engine.api.generate(which, prompt, options, pieces.push)
    pieces.flush()
    show(report.text, report)
  }

  return { measure, measureDivergence, scan, generate, sides }
}
