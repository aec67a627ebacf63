import { FormatError } from '../../errors'

interface Step {
  readonly type?: unknown
  readonly use_regex?: unknown
  readonly add_prefix_space?: unknown
  readonly individual_digits?: unknown
  readonly pretokenizers?: readonly Step[]
  readonly pattern?: { readonly Regex?: unknown }
}

const words = (numbers: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

/** Expressions of tokenizer.json by the names of llama.cpp's llama-vocab.cpp, which has the same ones built in. */
const splits: Readonly<Record<string, string>> = {
  [words('\\p{N}{1,3}')]: 'llama-bpe',
  [words('\\p{N}')]: 'qwen2',
}

/** llama.cpp's name for the way a byte-level tokenizer cuts a text. FormatError where it has none. */
export function preTokenizerName(part: unknown): string {
  const top = (part ?? {}) as Step
  const steps = top.pretokenizers ?? [top]
  const last = steps.at(-1)
  const [first] = steps
  const byteLevel = last?.type === 'ByteLevel' && last.add_prefix_space !== true
  const plain = byteLevel && last.use_regex !== false
  if (plain && steps.length === 1) return 'gpt-2'
  if (plain && steps.length === 2 && first?.type === 'Digits' && first.individual_digits === true) return 'smollm'
  const name = splits[String(first?.pattern?.Regex)]
  if (byteLevel && !plain && steps.length === 2 && first?.type === 'Split' && name) return name
  const what = String(first?.pattern?.Regex ?? steps.map(({ type }) => type).join(', ')).slice(0, 100)
  throw new FormatError(
    `tokenizer.json: expected a pre-tokenizer like that of ${['gpt-2', 'smollm', ...Object.values(splits)].join(', ')}, got '${what}' — llama.cpp would cut texts elsewhere; save the packed file or the fp16 folder`,
  )
}
