import type { ScanUnit } from '../../measurement-records'
import { plural } from './counts'
import { MEASURE_WORDS } from './model-map'

const FIGURES = { before: 'Before', after: 'After', ratio: 'Ratio' }
const SETTING = { text: 'Text', protocol: 'Protocol', tokens: 'Tokens' }

/** A result as one HTML file. */
export const reportWords = {
  /** Of the document, as HTML writes it. */
  language: 'en',
  quantized: (recipe: string, version: string) => `Quantized with ${recipe} by Bitloom ${version}`,
  headings: {
    bits: 'Bits',
    cost: 'What it costs',
    sensitivity: 'Sensitivity',
    where: 'Where the bits are, and the errors',
    learning: 'Learning',
    load: 'How to load it',
    made: 'How it was made',
    warnings: 'Warnings of the run',
  },

  key: {
    bits: 'bits a weight, stored',
    codes: (bits: string) => `${bits} of them codes`,
    packed: 'packed file',
    of: (original: string) => `of ${original}`,
    perplexity: 'perplexity',
    before: (perplexity: string, text: string) => `${perplexity} before, ${text}`,
    divergence: 'KL divergence',
    p99: (nats: string) => `nats a token; 99 % below ${nats}`,
  },

  counted: (weights: number, linears: number, packed: string) =>
    `Counted from the bytes that are stored, padding included, over the ${plural(weights, 'weight')} of the ${plural(linears, 'quantized linear')}. Embedding, head and norms stay as they were; the packed file is ${packed} with them, config and tokenizer.`,
  bits: {
    caption: 'Bits a weight',
    head: ['Part', 'Bits'],
    code: 'codes or signs',
    scale: 'scales, zero points, ranges, amplitudes',
    index: 'indices: widths, order and groups of columns, places of single weights',
    total: 'all that is stored (effective bits)',
    published: 'the method’s own count',
  },

  notMeasured: 'Perplexity, divergence from the original and zero-shot tasks were not measured for this report.',
  perplexity: {
    caption: 'Perplexity, with its 95 % confidence interval',
    head: [SETTING.text, SETTING.protocol, SETTING.tokens, FIGURES.before, FIGURES.after, FIGURES.ratio],
  },
  divergence: {
    caption: 'Divergence from the original, KL(original ‖ quantized) over the whole vocabulary in nats a token',
    head: [
      ...[SETTING.text, SETTING.protocol, SETTING.tokens],
      ...['Mean', 'Median', '90 %', '99 %', 'Most', 'Same likeliest token, %'],
    ],
    figure: (text: string, protocol: string) =>
      `Divergence from the original on ${text} (${protocol}): tokens by their KL divergence, and mean loss by position in the window`,
  },
  both: {
    caption: 'Perplexity of both on the same tokens, with 95 % confidence intervals',
    head: [SETTING.text, SETTING.protocol, FIGURES.before, FIGURES.after, FIGURES.ratio],
  },
  intervals:
    'Intervals are those of the mean over windows, which are the independent units: tokens of a window share its context. That of a ratio comes from differences within windows.',
  tasks: {
    caption: 'Zero-shot tasks: accuracy in per cent, with its standard error',
    head: ['Task', 'Items', FIGURES.before, FIGURES.after, 'By length before', 'By length after'],
  },
  interval: (value: string, low: string, high: string) => `${value} (${low} to ${high})`,

  sensitivity: (
    unit: ScanUnit,
    groupSize: number | null,
    {
      tokens,
      text,
      protocol,
      perplexity,
    }: Readonly<Record<'text' | 'protocol' | 'perplexity', string>> & {
      readonly tokens: number
    },
  ) =>
    `What the original model loses where one ${unit} alone is rounded to nearest, in groups of ${groupSize ?? 'a row'}: measured on ${plural(tokens, 'token')} of ${text} under ${protocol}, where the original has a perplexity of ${perplexity}.`,

  mapOfBits: 'Stored bits of every linear',
  mapOf: (measure: string) => `${measure} of every linear`,
  widths: 'Part of the columns at each width, linear after linear (colours as in the map of bits)',
  widthsLearned: (module: string) => `Learning of the widths of ${module}`,
  reconstructed: (layer: number) => `Reconstruction of layer ${layer}`,
  chartsLeft: (charts: number) => `${plural(charts, 'more chart is', 'more charts are')} left out.`,

  modules: {
    caption: 'Every quantized linear',
    columns: {
      module: 'Module',
      shape: 'Out × in',
      bits: 'Bits',
      output: MEASURE_WORDS.output.title,
      weight: MEASURE_WORDS.weight.title,
      damping: MEASURE_WORDS.damping.title,
      seconds: 'Time',
    },
    about: 'Output error is tr(D H Dᵀ) ÷ tr(W H Wᵀ), weight error ‖D‖² ÷ ‖W‖², D being what rounding changed.',
    others: (linears: number) => ` The other ${plural(linears, 'linear is', 'linears are')} in the JSON report.`,
  },

  simulated: 'Plain floats, as large as the original: quantization is simulated.',
  writtenBy: (name: string, size: string) => `${name}: ${size}, written by`,
  after: ', after',
  refused: { caption: 'Formats that cannot hold this result', head: ['Format', 'Why'] },

  /** Before and behind the name of the recipe's file. */
  save: { before: 'Save this as', behind: '; the same recipe on the same kind of device gives the same codes:' },
  environment: {
    caption: 'Environment',
    head: ['What', 'Value'],
    version: (version: string) => ['Bitloom', `version ${version}`],
    device: (name: string, software: boolean) => ['Device', software ? `${name}, a software adapter` : name],
    time: (time: string) => ['Time', time],
    memory: (bytes: string) => ['GPU memory at the peak', bytes],
    original: (parameters: number, size: string) => ['Original', `${plural(parameters, 'parameter')}, ${size}`],
    text: (text: string, digest: string) => ['Calibration text', `${text}, SHA-256 ${digest}`],
  },
}

/** A model card for the Hub, in Markdown. */
export const cardWords = {
  intro: (parameters: number, recipe: string, version: string) =>
    `A language model of ${plural(parameters, 'parameter')}, quantized with ${recipe} by Bitloom ${version}.`,
  headings: { bits: 'Bits', measured: 'Measured', load: 'How to load it', made: 'How it was made' },
  counted:
    'Counted from stored bytes over the weights of the quantized linears; embedding, head and norms stay as they were.',
  bits: {
    title: 'bits a weight',
    code: 'codes',
    scale: 'scales',
    index: 'indices',
    total: 'all that is stored',
  },
  sizes: (packed: string, original: string) => `The packed file is ${packed}, the original was ${original}.`,
  sides: { original: 'original', quantized: 'quantized' },
  perplexity: (text: string, protocol: string) => `perplexity, ${text}, ${protocol}`,
  divergence: (text: string) => `KL divergence, nats a token, ${text}`,
  p99: (text: string) => `KL divergence, 99th percentile, ${text}`,
  sameToken: (text: string) => `same likeliest token, %, ${text}`,
  accuracy: (task: string) => `${task}, accuracy, %`,
  brackets: 'In brackets: 95 % confidence interval over windows; ±: standard error.',
  loadedBy: (software: string, install: string) => `${software}${install && `, after \`${install}\``}:`,
  device: (name: string) => `Device: ${name}.`,
  text: (name: string, digest: string) => ` Calibration text: ${name}, SHA-256 ${digest}.`,
}
