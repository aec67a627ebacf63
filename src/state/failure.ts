import { goneHeading, headings, recipeHeading, unexpected } from './words'

/** A failure as the page shows it: which family, what it means in words, and the message with its remedy. */
export interface Failure {
  readonly family: string
  readonly heading: string
  readonly message: string
}

/** What the person has chosen, and no file, is at fault. */
const RECIPE = /^recipe\b/
/** A place to write that has not what was kept there. */
const GONE = /, got none\b/

export function failureFrom(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return { family: name, heading: headingOf(name, message), message }
}

function headingOf(family: string, message: string): string {
  if (RECIPE.test(message)) return recipeHeading
  if (family === 'StorageError' && GONE.test(message)) return goneHeading
  return headings[family] ?? unexpected
}

export const isCancelled = (error: unknown): boolean => error instanceof Error && error.name === 'CancelledError'
export const isLost = (error: unknown): boolean => error instanceof Error && error.name === 'DeviceLostError'
