import type { EndTokens } from './config'
import { sentencePieceMerges } from './merges'
import type { Metadata } from './metadata'
import { DEFAULT, splitsByName } from './splits'
import { readVocabulary, type Vocabulary } from './vocabulary'

/** The tokenizer of a GGUF file as the files of a checkpoint, and what else is known of its tokens. */
export interface GgufTokenizer {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly ends: EndTokens
  readonly warnings: readonly string[]
}

/** What a kind of tokenizer adds to a tokenizer.json. */
interface Kind {
  readonly model: object
  readonly normalizer: object | null
  readonly preTokenizer: object | null
  readonly decoder: object
  readonly addsBos: boolean
  readonly warnings: readonly string[]
}

/**
 * Rebuilds tokenizer.json and tokenizer_config.json: they give the tokens that llama.cpp finds with this file. FormatError
 * for a kind of tokenizer, or a way of cutting texts, that is not known.
 */
export function tokenizerOf(metadata: Metadata): GgufTokenizer {
  const key = 'tokenizer.ggml.model'
  const name = metadata.need(key, metadata.text)
  if (name !== 'gpt2' && name !== 'llama')
    throw metadata.error(key, 'gpt2, llama', JSON.stringify(name.slice(0, 40)), 'use a model with one of these')
  const defaults = name === 'llama' ? { bos: 1, eos: 2, unknown: 0 } : { bos: null, eos: null, unknown: null }
  const vocabulary = readVocabulary(metadata, defaults)
  const kind = name === 'llama' ? sentencePiece(metadata, vocabulary) : byteLevel(metadata, vocabulary)
  const { tokens, whole, ends, unknown } = vocabulary
  const addsBos = ends.bos !== null && (metadata.flag('tokenizer.ggml.add_bos_token') ?? kind.addsBos)
  const textOf = (id: number | null | undefined) => (id === null || id === undefined ? null : tokens[id]!)
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: whole.map(({ id, text, special }) => ({
      ...{ id, content: text, single_word: false, lstrip: false, rstrip: false, normalized: false, special },
    })),
    normalizer: kind.normalizer,
    pre_tokenizer: kind.preTokenizer,
    post_processor: addsBos ? startingWith(textOf(ends.bos)!, ends.bos!) : null,
    decoder: kind.decoder,
    model: kind.model,
  }
  const template = metadata.text('tokenizer.chat_template')
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: textOf(ends.bos),
    eos_token: textOf(ends.eos[0]),
    unk_token: textOf(unknown),
    add_bos_token: addsBos,
    clean_up_tokenization_spaces: false,
    ...(template !== null && { chat_template: template }),
  }
  const file = (value: object) => new TextEncoder().encode(JSON.stringify(value))
  return {
    files: new Map([
      ['tokenizer.json', file(json)],
      ['tokenizer_config.json', file(config)],
    ]),
    ends,
    warnings: kind.warnings,
  }
}

const idsOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]))

const bpe = (options: object) => ({
  ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
  ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
  ...options,
})

function startingWith(token: string, id: number): object {
  const [bos, text] = [
    { SpecialToken: { id: token, type_id: 0 } },
    (name: string) => ({ Sequence: { id: name, type_id: 0 } }),
  ]
  return {
    type: 'TemplateProcessing',
    single: [bos, text('A')],
    pair: [bos, text('A'), bos, text('B')],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  }
}

function byteLevel(metadata: Metadata, { tokens }: Vocabulary): Kind {
  const key = 'tokenizer.ggml.pre'
  const named = metadata.text(key)
  const name = named ?? DEFAULT
  if (!Object.hasOwn(splitsByName, name))
    throw metadata.error(
      key,
      Object.keys(splitsByName).join(', '),
      JSON.stringify(name.slice(0, 40)),
      'Bitloom cannot cut texts as this model does; use its safetensors checkpoint',
    )
  const { expressions, ignoreMerges = false, addsBos = false } = splitsByName[name]!
  const steps = [
    ...expressions.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ]
  return {
    model: bpe({ vocab: idsOf(tokens), merges: mergesOf(metadata), ignore_merges: ignoreMerges }),
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: steps },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    addsBos,
    warnings:
      named === null
        ? [`${key} is not in this file: texts are cut as llama.cpp does then, other than the model learned it`]
        : [],
  }
}

/** Pairs of tokens; of equal ones the first counts. */
function mergesOf(metadata: Metadata): [string, string][] {
  const merges = new Map<string, [string, string]>()
  for (const merge of metadata.need('tokenizer.ggml.merges', metadata.texts)) {
    // a token may begin with a space
    const space = merge.indexOf(' ', 1)
    if (space > 0 && !merges.has(merge)) merges.set(merge, [merge.slice(0, space), merge.slice(space + 1)])
  }
  return [...merges.values()]
}

/** SentencePiece's mark for a space. */
const SPACE = '▁'

function sentencePiece(metadata: Metadata, vocabulary: Vocabulary): Kind {
  const { tokens, unknown } = vocabulary
  const key = 'tokenizer.ggml.scores'
  const scores = metadata.need(key, metadata.numbers)
  if (scores.length < tokens.length)
    throw metadata.error(
      key,
      `a score for each of ${tokens.length} tokens`,
      String(scores.length),
      'the file is damaged; fetch it again',
    )
  const prefix = metadata.flag('tokenizer.ggml.add_space_prefix') ?? true
  const marked = { type: 'Replace', pattern: { String: ' ' }, content: SPACE }
  return {
    model: bpe({
      ...{ unk_token: unknown === null ? null : tokens[unknown]!, fuse_unk: true, byte_fallback: true },
      ...{ vocab: idsOf(tokens), merges: sentencePieceMerges(vocabulary, scores) },
    }),
    normalizer: {
      type: 'Sequence',
      normalizers: [...(prefix ? [{ type: 'Prepend', prepend: SPACE }] : []), marked],
    },
    preTokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    addsBos: true,
    warnings: [],
  }
}
