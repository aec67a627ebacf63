/** A failure as the page shows it: which family, what it means in words, and the message with its remedy. */
export interface Failure {
  readonly family: string
  readonly heading: string
  readonly message: string
}

const HEADINGS: Readonly<Record<string, string>> = {
  GpuUnavailableError: 'No usable GPU',
  GpuLimitError: 'Too large for this GPU',
  GpuOutOfMemoryError: 'Out of GPU memory',
  DeviceLostError: 'The engine stopped',
  FormatError: 'Not what the format says',
  NumericalError: 'The numbers broke down',
  StorageError: 'Could not be written',
  NetworkError: 'Not fetched',
}

/** What the person has chosen, and no file, is at fault. */
const RECIPE = /^recipe\b/

export function failureFrom(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const heading = RECIPE.test(message) ? 'Not a recipe that can run' : (HEADINGS[name] ?? 'Unexpected failure')
  return { family: name, heading, message }
}

export const isCancelled = (error: unknown): boolean => error instanceof Error && error.name === 'CancelledError'
export const isLost = (error: unknown): boolean => error instanceof Error && error.name === 'DeviceLostError'
