import { codebookGaps } from './codebook-gaps'

export type CodebookName = keyof typeof codebookGaps

/** What weights of a codebook type may be, some together. */
export interface Codebook {
  /** Weights an entry. */
  readonly width: 4 | 8
  /** How many there are. */
  readonly entries: number
  /** [entries, width], before they are scaled. */
  readonly levels: Int8Array<ArrayBuffer>
}

/** What digits of an entry stand for. */
const digits = {
  IQ1_S: { width: 8, levels: [-1, 0, 1] },
  IQ2_XXS: { width: 8, levels: [8, 25, 43] },
  IQ2_XS: { width: 8, levels: [8, 25, 43] },
  IQ2_S: { width: 8, levels: [8, 25, 43] },
  IQ3_XXS: { width: 4, levels: [4, 12, 20, 28, 36, 44, 52, 62] },
  IQ3_S: { width: 4, levels: [1, 3, 5, 7, 9, 11, 13, 15] },
} as const satisfies Record<CodebookName, { width: 4 | 8; levels: readonly number[] }>

const NONE = '('.charCodeAt(0)
const MOST = '~'.charCodeAt(0) - NONE

/** The grids of ggml-common.h (iq1s_grid, iq2xxs_grid, …), written as tools/gguf_codebooks.py says. */
function unfold(name: CodebookName): Codebook {
  const { width, levels } = digits[name]
  const found: number[] = []
  let number = 0
  for (const character of codebookGaps[name]) {
    const step = character.charCodeAt(0) - NONE
    number += step
    if (step === MOST) continue
    for (let weight = 0, rest = number; weight < width; weight++, rest = Math.floor(rest / levels.length))
      found.push(levels[rest % levels.length]!)
  }
  return { width, entries: found.length / width, levels: Int8Array.from(found) }
}

const made = new Map<CodebookName, Codebook>()

export function codebookOf(name: CodebookName): Codebook {
  const book = made.get(name) ?? unfold(name)
  made.set(name, book)
  return book
}

/** Eight signs of which the number of negative ones is even, by seven of their bits: ksigns_iq2xs. */
export const evenSigns: Uint8Array<ArrayBuffer> = Uint8Array.from({ length: 128 }, (_, bits) => {
  let odd = bits ^ (bits >> 4)
  odd ^= odd >> 2
  return bits | (((odd ^ (odd >> 1)) & 1) << 7)
})
