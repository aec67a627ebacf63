import { plural } from './counts'

const none = 'No step recorded yet.'
const step = (step: number, steps: number, facts: readonly string[]): string =>
  `Step ${step} of ${steps}: ${facts.join(', ')}`
/** Where an axis of steps begins. */
export const FIRST_STEP = 'step 0'

/** How the widths of a layer were learned, or are being learned. */
export const trainingWords = {
  title: (live: boolean) => (live ? 'Learning' : 'Learned'),
  about: 'widths of its columns',
  label: (module: string, steps: number) =>
    `Training of ${module}, ${plural(steps, 'recorded step')}. Arrow keys read out a step.`,
  caption: (module: string) => `Training: ${module}`,
  none,
  step,
  loss: (loss: string) => `loss ${loss}`,
  quantization: (loss: string) => `quantization ${loss}`,
  chosen: (loss: string) => `chosen ${loss}`,
  bits: (bits: string) => `mean bits ${bits}`,
  entropy: (bits: string) => `entropy ${bits} bits`,
  temperature: (temperature: string) => `temperature ${temperature}`,
  axis: {
    loss: { linear: 'loss', log: 'loss, log' },
    bits: 'mean bits',
    bitsAndTarget: 'mean bits and target',
    entropy: 'entropy, bits',
    temperature: 'temperature τ',
  },
  key: { whole: 'whole', quantization: 'of quantization', chosen: 'at the exact budget' },
}

/** How a block was fitted to what it gave before it was quantized, or is being fitted. */
export const reconstructionWords = {
  title: (block: number, live: boolean) => `${live ? 'Reconstructing' : 'Reconstructed'}: block ${block}`,
  about: 'its output against the original’s',
  label: (block: number, steps: number) =>
    `Reconstruction of block ${block}, ${plural(steps, 'recorded step')}. Arrow keys read out a step.`,
  caption: (block: number) => `Reconstruction: block ${block}`,
  none,
  step,
  loss: (loss: string) => `loss ${loss}`,
  noLoss: 'no loss',
  soft: (part: string) => `${part} of the roundings still soft`,
  flips: (part: string) => `${part} of the codes unlike nearest`,
  lowestLoss: (loss: string, step: number) => `lowest loss ${loss} at step ${step}`,
  axis: {
    loss: { linear: 'loss of the block', log: 'loss of the block, log' },
    soft: 'still soft',
    flips: 'codes unlike nearest',
  },
  lowest: (loss: string, step: number) => `lowest, ${loss} at step ${step}`,
}
