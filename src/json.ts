/** Deeper than every file that is written on purpose; whoever walks over a value by recursion is safe below it. */
const DEEPEST = 64

/**
 * Parses JSON from anybody, `most` commas at the most, as a measure of how many values it has; counted before anything is made of it.
 * Throws a RangeError for what is deeper or longer, an Error of another kind for what is no JSON.
 */
export function parseJson(text: string, most = 500_000): unknown {
  checkSize(text, most)
  return JSON.parse(text)
}

function checkSize(text: string, most: number): void {
  let depth = 0
  let commas = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === QUOTE) i = endOfString(text, i)
    else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      if (++depth > DEEPEST) throw new RangeError(`more than ${DEEPEST} levels`)
    } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) depth--
    else if (character === COMMA && ++commas > most) throw new RangeError(`more than ${most} values`)
  }
}

const [QUOTE, COMMA, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d]

/** Place of the quotation mark that ends a string. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end
  }
  return text.length
}
