/**
 * Controls, without tab and line feed, and what turns the direction of text around: a terminal obeys the first, a reader is deceived by
 * the second. Names come with files, from anybody.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g

/** A text with such characters written as escapes, `\u001b` and `\u202e`, in place of being sent. JSON stays the same JSON. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The beginning and the end of a long text. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const end = Math.floor(most / 3)
  return `${text.slice(0, most - end)} … ${text.slice(-end)}`
}
