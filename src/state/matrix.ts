import type { ImageRequest, MatrixApi, MatrixCells, MatrixImage, RowRecord } from '../workers/matrix-api'
import { type Context, patch, setFailure } from './context'
import { modelKey } from './modules'
import type { StudioState } from './store'

/** Looks at one matrix of the result; null where the engine cannot say, and the step shows why. */
export function matrixActions(context: Context) {
  const asked = async <T>(work: (api: MatrixApi) => Promise<T>): Promise<T | null> => {
    const { engine } = context
    try {
      return await work(engine.api.matrix)
    } catch (error) {
      if (engine === context.engine) setFailure(context, 'look', error)
      return null
    }
  }
  return {
    matrixImage: (request: ImageRequest): Promise<MatrixImage | null> => asked((api) => api.image(request)),
    matrixRows: (module: string): Promise<RowRecord | null> => asked((api) => api.rows(module)),
    matrixCells: (...cells: Parameters<MatrixApi['cells']>): Promise<MatrixCells | null> =>
      asked((api) => api.cells(...cells)),
    /** Takes these files as the other result, or none; resolves to whether that went well. */
    compareMatrices: async (files: File[] | null): Promise<boolean> => {
      setFailure(context, 'look', null)
      const { model } = context.store.getState()
      const taken = (await asked(async (api) => api.compare(files).then(() => true))) ?? false
      const [file] = files ?? []
      if (taken) patch(context, { other: model && file ? { model: modelKey(model), name: file.name } : null })
      return taken
    },
  }
}

/** Name of the other result, where one was chosen for the model that is open. */
export const otherOf = ({ other, model }: Pick<StudioState, 'other' | 'model'>): string | null =>
  other && model && other.model === modelKey(model) ? other.name : null
