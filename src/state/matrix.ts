import type { Places } from '../pipeline/matrix/reduce'
import type { ImageRequest, MatrixApi, MatrixCells, MatrixImage, OtherResult, RowRecord } from '../workers/matrix-api'
import { type Context, patch, setFailure } from './context'
import { modelKey } from './modules'
import { recipeLabel } from './recipe'
import type { StudioState } from './store'

/** Looks at one matrix of the result; null where the engine cannot say, and the step shows why. */
export function matrixActions(context: Context) {
  const asked = async <T>(work: (api: MatrixApi) => Promise<T>): Promise<T | null> => {
    const { engine } = context
    try {
      return await work(engine.api.matrix)
    } catch (error) {
      if (engine === context.engine) {
        setFailure(context, 'look', error)
        await checkOther()
      }
      return null
    }
  }
  /** The engine leaves another result that it cannot read: its name goes, too. */
  const checkOther = async (): Promise<void> => {
    const { engine } = context
    const { other } = context.store.getState()
    if (!other || (await engine.api.matrix.compares().catch(() => true))) return
    if (context.store.getState().other === other) patch(context, { other: null })
  }
  return {
    matrixImage: (request: ImageRequest): Promise<MatrixImage | null> => asked((api) => api.image(request)),
    matrixStored: (module: string): Promise<Places | null> => asked((api) => api.stored(module)),
    matrixRows: (module: string): Promise<RowRecord | null> => asked((api) => api.rows(module)),
    matrixCells: (...cells: Parameters<MatrixApi['cells']>): Promise<MatrixCells | null> =>
      asked((api) => api.cells(...cells)),
    /** Takes this as the other result, or none; resolves to whether that went well. */
    compareMatrices: async (other: OtherResult | null): Promise<boolean> => {
      setFailure(context, 'look', null)
      const { model } = context.store.getState()
      const taken = (await asked(async (api) => api.compare(other).then(() => true))) ?? false
      const name = other && ('files' in other ? other.files[0]?.name : other.name)
      if (taken) patch(context, { other: model && name ? { model: modelKey(model), name } : null })
      return taken
    },
  }
}

/** Runs whose codes this browser has, but for the one that is shown: what it may be held against. */
export function otherRuns({ archive, kept, result }: Pick<StudioState, 'archive' | 'kept' | 'result'>) {
  const here = new Set(kept.map(({ id }) => id))
  return archive.runs.flatMap(({ id, number, recipe, model, result: codes }) =>
    codes && here.has(codes.folder) && number !== result?.run
      ? [{ id, number, recipe: recipeLabel(recipe), model: model.name, folder: codes.folder }]
      : [],
  )
}

/** Name of the other result, where one was chosen for the model that is open. */
export const otherOf = ({ other, model }: Pick<StudioState, 'other' | 'model'>): string | null =>
  other && model && other.model === modelKey(model) ? other.name : null
