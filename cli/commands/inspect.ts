import { inspect as inspectModel } from '../../src/pipeline/inspect'
import { command } from '../command'
import { openPath, withGpu } from '../input'
import { megabytes } from '../progress'
import { memoryLine, roomFlags, roomOf } from '../room'

export const inspect = command({
  name: 'inspect',
  positionals: ['PATH'],
  summary: 'Says what a model is and what quantizing it takes on this device.',
  flags: roomFlags,
  async run({ positionals: [path], values, signal }) {
    const model = await openPath(path!)
    return withGpu(signal, async ({ info }) => {
      const inspection = inspectModel(model, info, await roomOf('inspect', values, info))
      const { name, architecture, parameters, bytes, tensors, forecast, spec, bits } = inspection
      const lines = [
        `${name}  ${architecture}  ${(parameters / 1e6).toFixed(1)} M parameters  ${megabytes(bytes)} in ${tensors.length} tensors`,
        ...Object.entries(spec).map(([key, value]) => `  ${key.padEnd(16)} ${value}`),
        ...(bits ? [`  ${'bits/weight'.padEnd(16)} ${bits.total.toFixed(4)}`] : []),
        `to quantize with GPTQ: ${memoryLine(forecast, info)}`,
        ...inspection.warnings.map((warning) => `warning: ${warning}`),
        ...forecast.problems.map((problem) => `problem: ${problem}`),
      ]
      return { json: inspection, text: lines.join('\n') }
    })
  },
})
