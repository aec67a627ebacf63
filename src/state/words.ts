import { counted } from '../counted'

/**
 * What stores say in words that reach the page: names of work under way, headings, why something must wait. Messages of errors
 * are where they are thrown, and names of options, methods and exports where these are defined.
 */

/** Which of two models is at work. */
const OF = { original: 'original', quantized: 'quantized model' } as const
type Side = keyof typeof OF

/** Labels of a progress line. */
export const workWords = {
  reading: 'Reading headers',
  loading: (model: string) => `Loading ${model}`,
  opening: 'Opening again',
  reviving: 'Opening the result again',
  perplexity: (side: Side) => `Perplexity of the ${OF[side]}`,
  comparing: 'Comparing with the original',
  scanning: (unit: string, bits: number) => `Scanning every ${unit} at ${counted(bits, 'bit')}`,
  task: (name: string, side: Side) => `${name}, ${OF[side]}`,
  saving: (file: string) => `Saving ${file}`,
  verifying: (file: string) => `Verifying ${file}`,
  uploading: {
    hashing: (repo: string) => `Hashing for ${repo}`,
    sending: (repo: string) => `Uploading to ${repo}`,
    committing: (repo: string) => `Finishing ${repo}`,
  },
}

/** In place of a recipe, of a model as it was opened. */
export const NOT_QUANTIZED = 'not quantized'

/** What is removed with all that was fetched. */
export const ALL_OF_HUB = 'everything kept from the Hub'

/** Over the message of an error, by its family. */
export const headings: Readonly<Record<string, string>> = {
  GpuUnavailableError: 'No usable GPU',
  GpuLimitError: 'Too large for this GPU',
  GpuOutOfMemoryError: 'Out of GPU memory',
  DeviceLostError: 'The engine stopped',
  FormatError: 'Not what the format says',
  NumericalError: 'The numbers broke down',
  StorageError: 'Could not be written',
  NetworkError: 'Not fetched',
}
export const recipeHeading = 'Not a recipe that can run'
export const goneHeading = 'No longer there'
export const unexpected = 'Unexpected failure'

/** Why the benchmark cannot be started. */
export const benchmarkWaits = {
  noGpu: 'Needs a GPU.',
  starting: 'Waits for the engine.',
  run: 'A run is under way: each would slow the other down and spoil its times. Let it finish, or cancel it.',
  busy: 'The engine is busy with a step of the studio: what is timed now would come out slow.',
  problem: 'There is a value to correct.',
  nothing: 'Choose at least one kind of work.',
}
