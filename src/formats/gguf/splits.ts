/** How a byte-level tokenizer cuts a text before it merges: by each expression in turn, what lies between matches is a piece too. */
export interface Splits {
  readonly expressions: readonly string[]
  /** A piece that is a token is not merged anew. */
  readonly ignoreMerges?: boolean
  /** BOS goes before every text unless the file says otherwise. */
  readonly addsBos?: boolean
}

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"
const suffixes = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
const spaces = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const words = (numbers: string) =>
  `${suffixes}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`
/** Words begin with their capital letters; those of other scripts count as both cases. */
const capitals = (numbers: string, suffix: string) => {
  const upper = '((?=[\\p{L}])([^a-z]))'
  const lower = '((?=[\\p{L}])([^A-Z]))'
  const before = '[^\\r\\n\\p{L}\\p{N}]?'
  return `${before}${upper}*${lower}+${suffix}|${before}${upper}+${lower}*${suffix}|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`
}

const chinese = '[一-龥\u0800-一가-\ud7ff]+'
const punctuation = '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]'

const plain: Splits = { expressions: [gpt2] }
const digits: Splits = { expressions: ['\\p{N}', gpt2] }
const llama3: Splits = { expressions: [words('\\p{N}{1,3}')], ignoreMerges: true, addsBos: true }
const qwen2: Splits = { expressions: [words('\\p{N}')] }
const threeDigits: Splits = { expressions: [words('\\p{N}{1,3}')] }
const gpt4o: Splits = { expressions: [capitals('\\p{N}{1,3}', `${suffixes}?`)] }

/** What llama.cpp cuts by when a file names none, and generation with it is worse for. */
export const DEFAULT = 'default'

/**
 * By the names of tokenizer.ggml.pre, with the expressions of llama.cpp (llama-vocab.cpp): tokens are those that llama.cpp
 * finds, also where its expressions differ a little from those of the model's own tokenizer.json.
 */
export const splitsByName: Readonly<Record<string, Splits>> = {
  [DEFAULT]: { expressions: ['[\\p{P}\\$\\+<=>\\^~\\|]+', gpt2, '\\p{N}+', '[0-9][0-9][0-9]'] },
  ...named(plain, 'gpt-2', 'phi-2', 'mpt', 'olmo', 'jais', 'trillion', 'gigachat', 'mellum', 'a.x-4.0', 'modern-bert'),
  ...named(digits, 'smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b'),
  ...named(llama3, 'llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'),
  ...named(qwen2, 'qwen2', 'deepseek-r1-qwen', 'stablelm2', 'hunyuan', 'megrez'),
  ...named(threeDigits, 'dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'),
  ...named(gpt4o, 'gpt-4o', 'llama4'),
  tekken: { expressions: [capitals('\\p{N}', '')], ignoreMerges: true, addsBos: true },
  'deepseek-coder': { expressions: ['[\r\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', chinese, '\\p{N}'] },
  'deepseek-v3': {
    expressions: [
      '\\p{N}{1,3}',
      '[一-龥\u3040-ゟ゠-ヿ]+',
      `${punctuation}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${spaces}`,
    ],
  },
  falcon: { expressions: ['[\\p{P}\\$\\+<=>\\^~\\|`]+', gpt2, '[0-9][0-9][0-9]'] },
}

function named(splits: Splits, ...names: string[]): Record<string, Splits> {
  return Object.fromEntries(names.map((name) => [name, splits]))
}
