import { counted } from '../../src/counted'
import { outputGradients } from '../../src/pipeline/gradients'
import { weightsOf } from '../../src/pipeline/opened'
import { calibrationWindows } from '../../src/pipeline/windows'
import { type Arguments, command, type Result, UsageError } from '../command'
import { openPath, readText, withGpu } from '../input'
import { profiled, profileFlag } from '../profile'
import { checkProtocol, protocolFlag } from '../protocol-flag'
import { sensitivityScan } from '../sensitivity-scan'

const flags = {
  text: { type: 'text', value: 'FILE', required: true, help: 'Text to differentiate the loss on, or to scan with.' },
  samples: {
    type: 'number',
    value: 'S',
    min: 1,
    max: 65536,
    whole: true,
    default: 32,
    help: 'Gradients: windows of the text, the first ones.',
  },
  'seq-len': {
    type: 'number',
    value: 'L',
    min: 2,
    max: 131072,
    whole: true,
    default: 512,
    help: 'Gradients: tokens a window.',
  },
  bits: {
    type: 'text',
    value: 'B,B,…',
    help: 'Scan instead: round one unit at a time to so many bits and measure what the model loses.',
  },
  by: {
    type: 'choice',
    choices: ['module', 'layer', 'role'],
    default: 'module',
    help: 'Scan: what is rounded together.',
  },
  'group-size': {
    type: 'choice',
    choices: [-1, 32, 64, 128],
    default: 128,
    help: 'Scan: columns that share a range; -1 for a row.',
  },
  symmetric: { type: 'switch', help: 'Scan: ranges around zero.' },
  ...protocolFlag,
  'max-tokens': {
    type: 'number',
    value: 'N',
    min: 1,
    max: 2 ** 31,
    whole: true,
    default: 4096,
    help: 'Scan: only windows inside the first N tokens.',
  },
  'max-kl': {
    type: 'number',
    value: 'X',
    min: 0,
    max: 100,
    whole: false,
    help: 'Scan: KL divergence a unit may cost, from which its minimum width follows. Default: what half of the units cost at the narrowest.',
  },
  ...profileFlag,
} as const

const OF_SCANS = ['by', 'group-size', 'symmetric', 'protocol', 'max-tokens', 'max-kl']
const OF_GRADIENTS = ['samples', 'seq-len']

export const sensitivity = command({
  name: 'sensitivity',
  positionals: ['PATH'],
  summary:
    'Measures how much every linear matters: mean squared gradients of the next-token loss at its outputs or, with --bits, what the model loses when it alone is rounded.',
  flags,
  run(args) {
    const scans = args.values.bits !== undefined
    const strange = (scans ? OF_GRADIENTS : OF_SCANS).find((flag) => args.given.has(flag))
    if (strange) throw new UsageError(`sensitivity: --${strange}: expected ${scans ? 'without' : 'with'} --bits only`)
    return scans ? scanned(args, args.values.bits!) : gradients(args)
  },
})

type Args = Arguments<typeof flags>

async function scanned({ positionals: [path], values, signal }: Args, bits: string): Promise<Result> {
  const { by, symmetric, protocol } = values
  checkProtocol('sensitivity', protocol)
  const text = await readText(values.text)
  const model = await openPath(path!)
  return withGpu(signal, (gpu) =>
    profiled(gpu, values.profile, () =>
      sensitivityScan(gpu, model, text, {
        ...{ bits, by, symmetric, protocol, signal },
        ...{ groupSize: values['group-size'], maxTokens: values['max-tokens'], maxKl: values['max-kl'] ?? null },
      }),
    ),
  )
}

async function gradients({ positionals: [path], values, signal }: Args): Promise<Result> {
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
        `mean −log p ${nll.toFixed(4)} over ${counted(windows.count, 'window')} of ${counted(windows.length, 'token')}`,
        ...all.map(
          ([name, { mean, rows }]) =>
            `${name}  mean ${mean.toExponential(3)}  largest ${Math.max(...rows).toExponential(3)}`,
        ),
      ].join('\n'),
    }
  })
}
