import { weightsOf } from '../../src/pipeline/opened'
import { perplexity } from '../../src/pipeline/perplexity'
import { command } from '../command'
import { openPath, readText, withGpu } from '../input'
import { profiled, profileFlag } from '../profile'
import { progressPrinter } from '../progress'
import { checkProtocol, protocolFlag } from '../protocol-flag'

export const evaluate = command({
  name: 'eval',
  positionals: ['PATH'],
  summary: 'Measures the perplexity of a checkpoint or a packed file on a text.',
  flags: {
    text: { type: 'text', value: 'FILE', required: true, help: 'Text to score.' },
    ...protocolFlag,
    'max-tokens': {
      ...{ type: 'number', value: 'N', min: 1, max: 2 ** 31, whole: true },
      help: 'Only windows inside the first N tokens. Default: the whole text.',
    },
    stored: {
      type: 'switch',
      help: 'Multiply the codes of a packed file as they are stored instead of dequantizing each block first.',
    },
    ...profileFlag,
  },
  async run({ positionals: [path], values, signal }) {
    const { protocol, 'max-tokens': maxTokens = null, stored } = values
    checkProtocol('eval', protocol)
    const text = await readText(values.text)
    const model = await openPath(path!)
    return withGpu(signal, async (gpu) => {
      const request = { text, protocol, maxTokens, stored, signal, onProgress: progressPrinter() }
      const report = await profiled(gpu, values.profile, () => perplexity(gpu, model, weightsOf(gpu, model), request))
      return {
        json: { ...report, model: model.name, device: gpu.info.name },
        text: `perplexity ${report.perplexity.toFixed(4)}  ${report.protocol}  ${report.text}  ${report.tokens} tokens in ${report.windows} windows  ${report.seconds.toFixed(1)} s`,
      }
    })
  },
})
