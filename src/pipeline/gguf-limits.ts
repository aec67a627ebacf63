import { FormatError } from '../errors'
import { type Kind, kindOfClass } from '../formats/gguf/architectures'
import type { ModelSpec } from '../models/spec'

/** What llama.cpp cannot be told of a model, by what it does (src/models of llama.cpp): whether it is so, and what was expected. */
type Limit = readonly [
  wrong: (spec: ModelSpec, kind: Kind) => boolean,
  expected: string,
  got: (spec: ModelSpec) => string,
]

const isLlama = ({ prefix }: Kind) => prefix === 'llama'
const isGemma = ({ name }: Kind) => name === 'gemma2' || name === 'gemma3'
/** It computes these with LayerNorm and one GELU. */
const isOld = ({ name }: Kind) => name === 'gpt2' || name === 'gptneox'
const scalingOf = ({ rope }: ModelSpec) => rope?.scaling?.type ?? 'linear'
const isBiased = ({ linears }: ModelSpec, role: string) => linears.some((linear) => linear.role === role && linear.bias)
const capped = ({ scores, logitSoftcap }: ModelSpec) => [scores.softcap, logitSoftcap]

/** Of a score, as llama.cpp finds it: of Gemma's largest by the width, of all others by the heads. */
function scoreScale({ hidden, heads, headDim, layers }: ModelSpec, { name }: Kind): number {
  const isLargest = (name === 'gemma2' && layers === 46) || (name === 'gemma3' && layers === 62)
  return (isLargest ? Math.floor(hidden / heads) : headDim) ** -0.5
}

const limits: readonly Limit[] = [
  [
    (spec, kind) => scalingOf(spec) === 'longrope' && kind.name !== 'phi3',
    'rope scaling longrope of Phi-3 only',
    scalingOf,
  ],
  [(spec, kind) => scalingOf(spec) === 'llama3' && !isLlama(kind), 'rope scaling llama3 of LLaMA only', scalingOf],
  [
    ({ rope, headDim }, kind) => rope !== null && rope.turned !== headDim && !['phi3', 'gptneox'].includes(kind.name),
    'heads that turn as a whole',
    ({ rope, headDim }) => `${rope?.turned} of ${headDim}`,
  ],
  [
    ({ heads, headDim, hidden }, { name }) => heads * headDim !== hidden && (name === 'qwen2' || name === 'phi3'),
    'heads as wide as the model together',
    ({ heads, headDim, hidden }) => `${heads} × ${headDim} for ${hidden}`,
  ],
  [
    (spec, kind) => isBiased(spec, 'o') && !isLlama(kind) && !isOld(kind),
    'no bias behind attention',
    () => 'attention_bias',
  ],
  [(spec, { name }) => name === 'gptneox' && !isBiased(spec, 'qkv'), 'biases of q, k and v', () => 'none'],
  [
    (spec, kind) => Math.abs(spec.scores.scale / scoreScale(spec, kind) - 1) > 1e-6,
    'scores scaled by the size of heads',
    ({ scores, headDim }) => `query_pre_attn_scalar ${Math.round(scores.scale ** -2)} for heads of ${headDim}`,
  ],
  [
    (spec, { name }) => (name === 'gemma2' ? capped(spec).includes(null) : spec.scores.softcap !== null),
    'caps of scores and logits as Gemma 2 and 3 have them',
    (spec) => capped(spec).join(' and '),
  ],
  [
    ({ windows }, { name }) =>
      new Set(windows.filter((window) => window !== null)).size > 1 ||
      (name === 'gemma2' && windows.every((window) => window === null)),
    'windows of one size, which Gemma 2 always has',
    ({ windows }) => [...new Set(windows)].join(', '),
  ],
  [
    ({ localRope }) => (localRope?.scaling ?? null) !== null,
    'plain rope where windows are',
    ({ localRope }) => String(localRope?.scaling?.type),
  ],
  [({ tiedHead }, { name }) => name === 'gemma2' && !tiedHead, 'a head that is the embedding', () => 'one of its own'],
  [({ experts }) => experts?.normalized === false, "experts' shares that sum to one", () => 'norm_topk_prob false'],
]

/** How a model is written. FormatError for one that llama.cpp cannot be given, or that it would run differently. */
export function ggufKind(spec: ModelSpec): Kind {
  const kind = kindOfClass(spec.architecture)
  if (!kind) throw refused('an architecture that llama.cpp has', spec.architecture)
  for (const [wrong, expected, got] of limits)
    if (wrong(spec, kind)) throw refused(`${expected}, of ${spec.architecture}`, got(spec))
  return kind
}

const refused = (expected: string, got: string) =>
  new FormatError(`GGUF: expected ${expected}, got ${got} — save the packed file or the fp16 folder`)

/** Where llama.cpp runs a model a little differently than it was trained, a sentence each. */
export function ggufCaveats(spec: ModelSpec): string[] {
  const kind = ggufKind(spec)
  const window = Math.min(...spec.windows.map((window) => window ?? Number.POSITIVE_INFINITY))
  const ignored = !isGemma(kind) && window < spec.context
  return [
    ...(ignored
      ? [`llama.cpp gives this model no windows: texts of more than ${window} tokens are read otherwise`]
      : []),
    ...(isOld(kind) && spec.activation === 'gelu'
      ? ['llama.cpp computes GELU by an approximation: perplexity differs slightly']
      : []),
  ]
}

/** Whether llama.cpp wants a head even where it is the embedding. */
export const hasHeadAlways = ({ name }: Kind): boolean => name === 'gptneox'
