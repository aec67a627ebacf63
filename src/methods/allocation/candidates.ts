import { FormatError } from '../../errors'
import { WIDTHS, type Width } from '../../formats/quantized'

/** Candidate widths as written: '1,2,3,4'. FormatError unless they are ascending, distinct and 1…8. */
export function parseCandidates(text: string): Width[] {
  const refuse = (got: string) =>
    new FormatError(
      `candidates: expected ascending distinct widths of 1…8 bits such as 1,2,3,4, got ${got} — list each width once, ` +
        'the narrowest first',
    )
  if (text.trim() === '') throw refuse('none')
  const widths = text.split(',').map((part) => {
    const width = WIDTHS.find((known) => String(known) === part.trim())
    if (width === undefined) throw refuse(`'${shorten(part.trim())}'`)
    return width
  })
  if (widths.some((width, i) => i > 0 && width <= widths[i - 1]!)) throw refuse(widths.join(','))
  return widths
}

/** What a person wrote, short enough for a message. */
export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
