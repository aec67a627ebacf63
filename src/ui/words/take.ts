import { plural } from './counts'

export const takeWords = {
  lost: 'quantized model lost with the engine',
  recipe: 'Recipe',
  recipeNote: 'Everything that decides the result, as JSON. Load it under Recipe to get the same codes again.',
  saveRecipe: 'Save recipe as JSON',
  report: 'Report',
  reportNote:
    'Recipe, bits, maps, everything measured here and how to load the exports: one HTML file that needs nothing else, the same as JSON, or a model card for the Hub.',
  reportAs: (kind: string) => `Save the report as ${kind}`,
  kinds: { html: 'HTML', json: 'JSON', card: 'Model card' },
  columns: 'Report with all columns',
  columnsNote: 'Bits, errors, damping and seconds of every module with its column lanes, as JSON.',
  saveColumns: 'Save report as JSON',
  progress: (done: string, total: string) => `${done} of ${total}`,
  cancel: 'Cancel',
  about: (size: string) => `about ${size}`,
  part: (share: string) => `${share} of the original`,
  simulated: 'simulated',
  cannotHold: (why: string) => `Cannot hold this result. ${why}`,
  notes: (name: string) => `Notes on the ${name}`,
  save: (name: string) => `Save ${name}`,
  verify: 'Verify',
  verifyNamed: (name: string) => `Verify ${name}`,
  verifyHelp: 'Write it, open it again, and hold every tensor and the perplexity against this result',
  verified: 'Verified',
  notSame: 'Not the same',
  allEqual: (tensors: number) => (tensors === 1 ? ': its tensor is equal' : `: all ${tensors} tensors equal`),
  someDiffer: (different: number, tensors: number, largest: string, names: string) =>
    `: ${different} of ${plural(tensors, 'tensor')} ${different === 1 ? 'differs' : 'differ'} by up to ${largest} (${names})`,
  perplexity: (file: string, run: string) => `, perplexity ${file} against ${run}`,
}
