import type { ImageRequest, MatrixApi, MatrixCells, MatrixImage, RowRecord } from '../workers/matrix-api'
import { type Context, setFailure } from './context'

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
    /** Resolves to whether the files, or none, are the other result now. */
    compareMatrices: async (files: File[] | null): Promise<boolean> => {
      setFailure(context, 'look', null)
      return (await asked(async (api) => api.compare(files).then(() => true))) ?? false
    },
  }
}
