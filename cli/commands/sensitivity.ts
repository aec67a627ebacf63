import { outputGradients } from '../../src/pipeline/gradients'
import { weightsOf } from '../../src/pipeline/opened'
import { calibrationWindows } from '../../src/pipeline/windows'
import { command } from '../command'
import { openPath, readText, withGpu } from '../input'
import { profiled, profileFlag } from '../profile'

export const sensitivity = command({
  name: 'sensitivity',
  positionals: ['PATH'],
  summary: 'Measures how much the output of every linear matters: mean squared gradients of the next-token loss.',
  flags: {
    text: { type: 'text', value: 'FILE', required: true, help: 'Text to differentiate the loss on.' },
    samples: {
      ...{ type: 'number', value: 'S', min: 1, max: 65536, whole: true, default: 32 },
      help: 'Windows of the text, the first ones.',
    },
    'seq-len': {
      ...{ type: 'number', value: 'L', min: 2, max: 131072, whole: true, default: 512 },
      help: 'Tokens a window.',
    },
    ...profileFlag,
  },
  async run({ positionals: [path], values, signal }) {
    const text = await readText(values.text)
    const model = await openPath(path!)
    return withGpu(signal, async (gpu) => {
      const recipe = { text: text.name, samples: values.samples, length: values['seq-len'], pick: 'first' as const }
      const windows = calibrationWindows(model.tokenizer, text.text, recipe, 0)
      const { nll, linears } = await profiled(gpu, values.profile, () =>
        outputGradients(gpu, model.spec, weightsOf(gpu, model), windows, { signal }),
      )
      const all = [...linears]
      return {
        json: {
          nll,
          linears: Object.fromEntries(
            all.map(([name, { mean, rows, tokens }]) => [name, { mean, rows: [...rows], tokens: [...tokens] }]),
          ),
        },
        text: [
          `mean −log p ${nll.toFixed(4)} over ${windows.count} windows of ${windows.length} tokens`,
          ...all.map(
            ([name, { mean, rows }]) =>
              `${name}  mean ${mean.toExponential(3)}  largest ${Math.max(...rows).toExponential(3)}`,
          ),
        ].join('\n'),
      }
    })
  },
})
