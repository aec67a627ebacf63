import { DeviceLostError } from '../errors'
import { packedFileName } from '../formats/bitloom/names'
import { plainName } from '../formats/file-name'
import type { RunReport } from '../records'
import type { ExportFormat } from '../workers/api'
import { type Context, occupy, patch, type SaveStream, setFailure, textNamed } from './context'
import { reportPieces, textStream } from './documents'
import { evaluationOf } from './evaluation'
import { EXPORT_KINDS, type ExportsKnown, exportName } from './exports'
import { shownProgress } from './measuring'
import { batched } from './progress'
import { recipeJson } from './recipe'
import type { Place } from './store'
import { workWords } from './words'

/** Files that are not read through just to say how large an export would be. */
const LARGE_BYTES = 1e9

/** A stream of a worker that dies would never end: this one fails with it. */
function untilLost(stream: ReadableStream<Uint8Array>, crashed: Promise<never>): ReadableStream<Uint8Array> {
  const lost = new AbortController()
  crashed.catch((error) => lost.abort(error))
  return stream.pipeThrough(new TransformStream(), { signal: lost.signal })
}

/** Taking results away: streams from the engine, and documents the page has itself. */
export function takingActions(context: Context, recover: () => Promise<void>) {
  const state = context.store.getState

  /** A place to save at is given with a click, so it cannot be done again without the person. */
  const download = async (format: ExportFormat): Promise<boolean> => {
    const through = await write(format)
    if (through || state().engine.status !== 'lost') return through
    await recover()
    if (state().engine.status === 'ready' && state().result?.alive)
      setFailure(
        context,
        'take',
        new DeviceLostError(
          `${exportName(format)}: expected to be saved whole, got an engine that stopped, and was started again — save it once more`,
        ),
      )
    return false
  }

  const write = (format: ExportFormat) =>
    occupy(context, 'take', 'save', async () => {
      const label = workWords.saving(exportName(format))
      let size: number | null = null
      let written = 0
      patch(context, { work: { label, phase: 'export', done: 0, total: 0 } })
      const show = batched<number>(100, () =>
        patch(context, { work: { label, phase: 'export', done: written, total: size ?? 0 } }),
      )
      const open = async () => {
        const { api, crashed } = context.engine
        const saved = await api.download(format)
        size = saved.size
        return { ...saved, stream: untilLost(saved.stream, crashed) }
      }
      await context.host.save(open, suggestedName(format), (bytes) => {
        written = bytes
        show.push(bytes)
      })
      show.flush()
    })

  const base = () => plainName(state().model?.inspection.name ?? state().view?.facts.name ?? '')
  const suggestedName = (format: ExportFormat) => {
    const { result } = state()
    if (format.startsWith('gguf')) return `${base()}.gguf`
    return format === 'packed' && result ? packedFileName(result.report) : `${base()}-${format}.zip`
  }

  /** Adds to what is known of the exports of a result, where it is still the one. */
  const know = <K extends keyof ExportsKnown>(run: RunReport, key: K, part: ExportsKnown[K]): void => {
    const { result } = state()
    if (result?.report !== run) return
    const { exports } = result
    patch(context, { result: { ...result, exports: { ...exports, [key]: { ...exports[key], ...part } } } })
  }

  /**
   * Asks what every export of the result would be, which takes a look at all codes: not where they would have to be read from
   * a large file for it.
   */
  const learnExports = async (): Promise<void> => {
    const { result, model } = state()
    if (!result?.alive || (result.run === 0 && model && model.inspection.bytes > LARGE_BYTES)) return
    try {
      for (const { format } of EXPORT_KINDS.flatMap(({ versions }) => versions))
        if (format !== 'packed' && !state().result?.exports.facts[format])
          know(result.report, 'facts', { [format]: await context.engine.api.exportFacts(format) })
    } catch (error) {
      // a result that another replaced meanwhile cannot be asked about any more
      if (state().result?.report === result.report) setFailure(context, 'take', error)
    }
  }

  /** Opens what would be saved again, and holds it against the result. */
  const verify = (format: ExportFormat) =>
    occupy(context, 'take', 'verify', async () => {
      const { result, engine } = state()
      if (!result) return
      const progress = shownProgress(context, workWords.verifying(exportName(format)))
      const { ready, text, options } = evaluationOf(state())
      const measurable = ready && engine.status === 'ready'
      const measured = measurable
        ? { text: await textNamed(context, text), options: { ...options, stored: false } }
        : null
      const report = await context.engine.api.verify(format, measured, progress.push)
      progress.flush()
      know(result.report, 'verified', { [format]: report })
    })

  /** A document made on the page. */
  const saveText = async (name: string, pieces: Iterable<string>, place: Place = 'take'): Promise<void> => {
    try {
      const open = async (): Promise<SaveStream> => ({ name, stream: textStream(pieces), size: null })
      await context.host.save(open, name, () => {})
    } catch (error) {
      setFailure(context, place, error)
    }
  }

  const saveRecipe = async (): Promise<void> => {
    const recipe = state().recipe
    if (recipe) await saveText(`${base()}.recipe.json`, [recipeJson(recipe)])
  }
  const saveResultRecipe = async (): Promise<void> => {
    const { result } = state()
    if (result) await saveText(`${base()}.recipe.json`, [recipeJson(result.report.recipe)])
  }
  const saveReport = async (): Promise<void> => {
    const { result } = state()
    if (result) await saveText(`${base()}.report.json`, reportPieces(result.report))
  }

  return { download, learnExports, verify, saveText, saveRecipe, saveResultRecipe, saveReport, baseName: base }
}
