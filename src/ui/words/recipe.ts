import { formatBytes } from '../format'
import { plural } from './counts'

export const recipeWords = {
  quantized:
    'This model is already quantized: a packed file has its recipe under Take away. Open a checkpoint to try another.',
  starting: 'Waits for the engine to list its methods.',
  method: 'Method',
  nominal: 'bits a weight, nominal',
  layers: (linears: number, bytes: number) =>
    `${plural(linears, 'linear layer')}, about ${formatBytes(bytes)} with scales and indices. Embedding, head and norms stay as they are.`,
  about: 'about',
  onDevice: 'on this device',
  peak: (bytes: number) =>
    `${formatBytes(bytes)} of GPU memory at the peak. A run can be paused and cancelled; closing the tab loses it.`,
  save: 'Save recipe',
  load: 'Load recipe',

  settings: 'Settings',
  own: 'Own',
  otherCalibration: (preset: string) => `${preset}, other calibration`,
  byHand: 'Changed by hand; choose one to go back to it.',
  meantFor: (preset: string, samples: number, length: number) =>
    `${preset} is meant for ${plural(samples, 'window')} of ${plural(length, 'token')}; choose it again to have those.`,
  options: 'Method options',
  advanced: (options: number) => `Advanced options (${options})`,

  calibration: 'Calibration',
  text: 'Calibration text',
  samples: 'Samples',
  samplesHelp: 'Windows of the text the layers are fitted to. More is steadier and slower.',
  length: 'Length',
  lengthHelp: (tokens: number) => `Tokens a window: ${plural(tokens, 'token')} in all.`,
  windows: 'Windows',
  windowsHelp: 'The first windows of the text, or windows drawn by the seed.',
  picks: { first: 'First', random: 'Random' },
  stream: 'Calibration stream',
  streamHelp:
    'What a block is fitted to: what the quantized blocks before it produce, or the original ones, as when several machines share the work.',
  streams: { sequential: 'Sequential', original: 'Original' },
  seed: 'Seed',
  seedHelp: 'The same recipe gives the same codes on the same kind of device.',
}

/** A recipe with several values of one option. */
export const sweepWords = {
  title: 'Compare values of an option',
  note: 'Runs this recipe once with each value, one after another; every run is kept in the table under Run.',
  option: 'Option',
  run: (values: number) => `Run ${plural(values, 'value')}`,
  atLeastTwo: 'Choose at least two.',
  measure: 'Measure perplexity of each',
  on: (text: string, protocol: string, maxTokens: number | null) =>
    `on ${text}, ${protocol}, ${maxTokens === null ? 'the whole text' : `first ${plural(maxTokens, 'token')}`}`,
  noText: 'once a text is chosen under Measure',
}
