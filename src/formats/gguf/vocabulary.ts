import type { EndTokens } from './config'
import type { Metadata } from './metadata'

/** llama_token_type of llama.cpp. */
const NORMAL = 1
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4

/** Tokens by which models end a turn or a text, whatever the file calls them: llama.cpp ends there, too. */
const ends: ReadonlySet<string> = new Set([
  ...['<|eot_id|>', '<|im_end|>', '<|end|>', '<|return|>', '<|call|>', '<end_of_turn>', '<|endoftext|>', '<|eom_id|>'],
  ...['<EOT>', '_<EOT>', '<|end_of_text|>', '<end_of_utterance>', '<｜end▁of▁sentence｜>'],
])

/** A token that is found in a text before anything else is. */
export interface WholeToken {
  readonly id: number
  readonly text: string
  /** It says something of the text and is no part of it. */
  readonly special: boolean
}

/** The tokens of a file, whatever makes words of them. */
export interface Vocabulary {
  /** By id, each once. */
  readonly tokens: readonly string[]
  readonly whole: readonly WholeToken[]
  readonly ends: EndTokens
  readonly unknown: number | null
}

/** Ids that files of this kind of tokenizer may leave out. */
export type Defaults = Readonly<{ bos: number | null; eos: number | null; unknown: number | null }>

/** Reads tokenizer.ggml.tokens and what is said of them. FormatError for lists that do not go together. */
export function readVocabulary(metadata: Metadata, defaults: Defaults): Vocabulary {
  const key = 'tokenizer.ggml.tokens'
  const listed = metadata.need(key, metadata.texts)
  const tokens = listed.map((token, id) => (token === '' ? `[EMPTY_${id}]` : token))
  if (tokens.length === 0 || new Set(tokens).size !== tokens.length)
    throw metadata.error(
      key,
      'different tokens',
      tokens.length === 0 ? 'none' : 'one twice',
      'the file is damaged; fetch it again',
    )
  const types = metadata.numbers('tokenizer.ggml.token_type')
  if (types && types.length < tokens.length)
    throw metadata.error(
      'tokenizer.ggml.token_type',
      `a type for each of ${tokens.length} tokens`,
      String(types.length),
      'the file is damaged; fetch it again',
    )
  const typeOf = (id: number) => (ends.has(tokens[id]!) ? CONTROL : (types?.[id] ?? NORMAL))
  const whole = tokens.flatMap((text, id) => {
    const type = typeOf(id)
    const special = type === CONTROL || type === UNKNOWN
    return special || type === USER_DEFINED ? [{ id, text, special }] : []
  })
  const idOf = (name: string, otherwise: number | null = null) => {
    const id = metadata.count(`tokenizer.ggml.${name}_token_id`)
    // what no token has, llama.cpp overlooks, too
    return id !== null && id < tokens.length ? id : otherwise
  }
  const eos = [
    idOf('eos', defaults.eos),
    idOf('eot'),
    idOf('eom'),
    ...tokens.flatMap((token, id) => (ends.has(token) ? [id] : [])),
  ]
  return {
    tokens,
    whole,
    ends: { bos: idOf('bos', defaults.bos), eos: [...new Set(eos.filter((id) => id !== null))] },
    unknown: idOf('unknown', defaults.unknown),
  }
}
