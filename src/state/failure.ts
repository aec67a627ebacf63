import { headings, recipeHeading, unexpected } from './words'

/** A failure as the page shows it: which family, what it means in words, and the message with its remedy. */
export interface Failure {
  readonly family: string
  readonly heading: string
  readonly message: string
}

/** What the person has chosen, and no file, is at fault. */
const RECIPE = /^recipe\b/

export function failureFrom(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const heading = RECIPE.test(message) ? recipeHeading : (headings[name] ?? unexpected)
  return { family: name, heading, message }
}

export const isCancelled = (error: unknown): boolean => error instanceof Error && error.name === 'CancelledError'
export const isLost = (error: unknown): boolean => error instanceof Error && error.name === 'DeviceLostError'
