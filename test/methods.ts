import { z } from 'zod'
import type { Method, WorkingBlock } from '../src/methods/method'
import { methods } from '../src/methods/registry'
import { rtn } from '../src/methods/rtn/rtn'
import { defaultRecipe } from '../src/pipeline/recipe'
import type { Recipe } from '../src/records'

/** Makes a method that rounds to nearest by 8 bits, once `first` has had its way with the block; gives its recipe. */
export function methodThat(
  id: string,
  first: (block: WorkingBlock) => Promise<void>,
  calibration: Partial<Recipe['calibration']> = {},
  memory: Partial<ReturnType<Method<unknown>['memory']>> = {},
): Recipe {
  const grid = { grid: 'free', bits: 8, groupSize: 32, symmetric: false } as const
  const method: Method<unknown, unknown> = {
    ...{ id, title: id, summary: id, schema: z.strictObject({}), needsCalibration: true },
    memory: () => ({ ...rtn.memory(grid), ...memory }),
    async *quantize(block) {
      await first(block)
      yield* rtn.quantize(block, grid)
    },
  }
  ;(methods as Method<unknown, unknown>[]).push(method)
  const recipe = defaultRecipe('rtn')
  return { ...recipe, method: id, options: {}, calibration: { ...recipe.calibration, ...calibration } }
}
