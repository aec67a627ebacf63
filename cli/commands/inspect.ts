import { forecastOf, inspect as inspectModel } from '../../src/pipeline/inspect'
import { command } from '../command'
import { openPath, withGpu } from '../input'
import { megabytes } from '../progress'
import { recipeFlags, recipeOf } from '../recipe-flags'
import { memoryLine, roomFlags, roomOf } from '../room'

export const inspect = command({
  name: 'inspect',
  positionals: ['PATH'],
  summary: 'Says what a model is and what quantizing it by a recipe takes on this device.',
  flags: { ...recipeFlags, ...roomFlags },
  async run(args) {
    const { positionals, values, signal } = args
    const model = await openPath(positionals[0]!)
    const recipe = await recipeOf('inspect', args)
    return withGpu(signal, async ({ info }) => {
      const room = await roomOf('inspect', values, info)
      const forecast = forecastOf(model, recipe, info, room)
      const inspection = { ...inspectModel(model, info, room), forecast }
      const { name, architecture, parameters, bytes, tensors, spec, bits } = inspection
      const lines = [
        `${name}  ${architecture}  ${(parameters / 1e6).toFixed(1)} M parameters  ${megabytes(bytes)} in ${tensors.length} tensors`,
        ...Object.entries(spec).map(([key, value]) => `  ${key.padEnd(16)} ${value}`),
        ...(bits ? [`  ${'bits/weight'.padEnd(16)} ${bits.total.toFixed(4)}`] : []),
        `to quantize by ${recipe.method}: ${memoryLine(forecast, info)}`,
        ...inspection.warnings.map((warning) => `warning: ${warning}`),
        ...forecast.problems.map((problem) => `problem: ${problem}`),
      ]
      return { json: inspection, text: lines.join('\n') }
    })
  },
})
