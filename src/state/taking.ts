import { packedFileName } from '../formats/bitloom/names'
import type { Download } from '../workers/api'
import { type Context, occupy, patch, type SaveStream, setFailure } from './context'
import { reportPieces, textStream } from './documents'
import { batched } from './progress'
import { recipeJson } from './recipe'
import type { Place } from './store'

/** Taking results away: streams from the engine, and documents the page has itself. */
export function takingActions(context: Context) {
  const state = context.store.getState

  const download = (what: Download) =>
    occupy(context, 'take', 'save', async () => {
      const label = what === 'packed' ? 'Packed file' : what === 'fp16' ? 'fp16 folder' : 'GGUF file'
      let size: number | null = null
      let written = 0
      patch(context, { work: { label, phase: 'export', done: 0, total: 0 } })
      const show = batched<number>(100, () =>
        patch(context, { work: { label, phase: 'export', done: written, total: size ?? 0 } }),
      )
      const open = async () => {
        const stream = await context.engine.api.download(what)
        size = stream.size
        const { result } = state()
        if (stream.gguf && result) patch(context, { result: { ...result, gguf: stream.gguf } })
        return stream
      }
      await context.host.save(open, suggestedName(what), (bytes) => {
        written = bytes
        show.push(bytes)
      })
      show.flush()
    })

  const base = () => state().model?.inspection.name.replaceAll(/[^\w.-]+/g, '-') || 'model'
  const suggestedName = (what: Download) => {
    const { result } = state()
    if (typeof what === 'object') return `${base()}.gguf`
    return what === 'packed' && result ? packedFileName(result.report) : `${base()}-fp16.zip`
  }

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

  return { download, saveText, saveRecipe, saveResultRecipe, saveReport, baseName: base }
}
