import { counted } from '../../src/counted'
import { folderSources } from '../../src/formats/node-files'
import { openViewed } from '../../src/formats/viewed'
import { forecastOf, inspect as inspectModel } from '../../src/pipeline/inspect'
import { openFiles } from '../../src/pipeline/opened'
import { command } from '../command'
import { nameAt, withGpu } from '../input'
import { lookInstead, lookJson, lookText, sharesText, tensorFacts, tensorText, viewJson } from '../look'
import { megabytes } from '../progress'
import { recipeFlags, recipeOf } from '../recipe-flags'
import { memoryLine, roomFlags, roomOf } from '../room'

export const inspect = command({
  name: 'inspect',
  positionals: ['PATH'],
  summary:
    'Says what files of weights are, of any architecture, and of a model that runs what quantizing it by a recipe takes on this device.',
  flags: {
    tensor: { type: 'text', value: 'NAME', help: 'Statistics of one tensor instead, every weight read. Needs no GPU.' },
    ...recipeFlags,
    ...roomFlags,
  },
  async run(args) {
    const { positionals, values, signal } = args
    const files = await folderSources(positionals[0]!)
    const name = nameAt(positionals[0]!)
    if (values.tensor !== undefined) {
      const facts = await tensorFacts(await openViewed(files, name), values.tensor, signal)
      return { json: facts, text: tensorText(facts) }
    }
    const opened = await openFiles(files, name).catch((error) => lookInstead(files, name, error))
    if ('viewed' in opened) {
      const { viewed, reason } = opened
      return { json: lookJson(viewed.facts, reason), text: lookText(viewed.facts, reason) }
    }
    const { facts } = await openViewed(files, name)
    const recipe = await recipeOf('inspect', args)
    return withGpu(signal, async ({ info }) => {
      const room = await roomOf('inspect', values, info)
      const forecast = forecastOf(opened, recipe, info, room)
      const inspection = { ...inspectModel(opened, info, room), forecast }
      const { architecture, parameters, bytes, tensors, spec, bits } = inspection
      const lines = [
        `${name}  ${architecture}  ${(parameters / 1e6).toFixed(1)} M parameters  ${megabytes(bytes)} in ${counted(tensors.length, 'tensor')}`,
        ...Object.entries(spec).map(([key, value]) => `  ${key.padEnd(16)} ${value}`),
        ...(bits ? [`  ${'bits/weight'.padEnd(16)} ${bits.total.toFixed(4)}`] : []),
        ...sharesText(facts),
        `to quantize by ${recipe.method}: ${memoryLine(forecast, info)}`,
        ...inspection.warnings.map((warning) => `warning: ${warning}`),
        ...forecast.problems.map((problem) => `problem: ${problem}`),
      ]
      return { json: { ...inspection, runs: true, ...viewJson(facts) }, text: lines.join('\n') }
    })
  },
})
