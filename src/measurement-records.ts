/** Plain records of what was measured of a model, and of files that were opened again. */

export interface PerplexityReport {
  readonly protocol: string
  readonly text: string
  readonly perplexity: number
  /** Mean negative log-likelihood, nats a token. */
  readonly nll: number
  /** 95 % confidence interval of the perplexity, windows being the independent units; null for a single window. */
  readonly interval: Interval | null
  /** How the loss falls with what is known of the text. */
  readonly positions: readonly PositionBin[]
  /** Tokens scored. */
  readonly tokens: number
  readonly windows: number
  /** Codes were multiplied as they are stored; else every block was dequantized, or never quantized. */
  readonly stored: boolean
  readonly seconds: number
}

/** Both ends of a 95 % confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Tokens at these positions of their windows, both ends included, the first of a window being at 0. */
export interface PositionBin {
  readonly from: number
  readonly to: number
  /** Mean −log p, in nats. */
  readonly nll: number
}

/** How far a quantized model's predictions are from the original's, on the tokens that a protocol scores. */
export interface DivergenceReport {
  readonly protocol: string
  readonly text: string
  readonly tokens: number
  readonly windows: number
  /** KL(original ‖ quantized) of the whole vocabulary, in nats a token; `interval` of the mean, over windows. */
  readonly kl: {
    readonly mean: number
    readonly interval: Interval | null
    readonly median: number
    readonly p90: number
    readonly p95: number
    readonly p99: number
    readonly p999: number
    readonly max: number
  }
  /** Part of the tokens where both find the same one likeliest. */
  readonly topAgreement: Share
  /** Of what the right token's probability changes by: mean, and root of the mean square. */
  readonly probabilityChange: { readonly mean: number; readonly rms: number }
  readonly original: Scored
  readonly quantized: Scored
  /** Quantized perplexity over the original's; its interval comes from the differences within windows. */
  readonly ratio: { readonly value: number; readonly interval: Interval | null }
  /** Counts of tokens by their KL, in equal steps of log₁₀ from `from` to `to`; less is in the first step. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] }
  /** Codes were multiplied as they are stored. */
  readonly stored: boolean
  readonly seconds: number
}

/** What is rounded together in a sensitivity scan: one linear, all of a block, or all of a role. */
export type ScanUnit = 'module' | 'layer' | 'role'

/** What the model loses when only this unit is rounded to so few bits, everything else being the original. */
export interface SensitivityRecord {
  /** Of the module, or "layer 3", or the role. */
  readonly unit: string
  /** Full names of its linears. */
  readonly modules: readonly string[]
  readonly bits: number
  /** Mean KL(original ‖ rounded) in nats a token, and its 95 % confidence interval over windows. */
  readonly kl: number
  readonly interval: Interval | null
  /** Part of the tokens whose likeliest one stays. */
  readonly topAgreement: number
  readonly perplexity: number
}

export interface SensitivityReport {
  readonly by: ScanUnit
  readonly protocol: string
  readonly text: string
  readonly tokens: number
  readonly windows: number
  readonly widths: readonly number[]
  readonly groupSize: number
  readonly symmetric: boolean
  /** Of the original. */
  readonly perplexity: number
  readonly interval: Interval | null
  /** Units in the order of the model, each at all widths. */
  readonly records: readonly SensitivityRecord[]
  readonly seconds: number
}

/** One side of a comparison. */
export type Scored = Pick<PerplexityReport, 'perplexity' | 'nll' | 'interval' | 'positions'>

/** Exported files, opened again and held against the result that they were made of. */
export interface Verification {
  /** How the linears are held in them: as codes, as blocks of a GGUF type, or as floats of a dtype. */
  readonly stored: string
  /** Tensors compared. */
  readonly tensors: number
  /** Those of which a value is another, and the names of the first of them. */
  readonly different: number
  readonly names: readonly string[]
  /** Largest |wanted − found| of a value. */
  readonly largest: number
  /** Part of a perplexity by which what the format rounds may move it. */
  readonly tolerance: number
}

/**
 * How a task's items are told right from wrong: `choices` and `hellaswag` by the likeliest continuation of one context,
 * `contexts` by the context that makes one continuation likeliest, `lastWord` by whether every token is the likeliest.
 */
export type TaskKind = 'choices' | 'hellaswag' | 'contexts' | 'lastWord'

/** A part of the items. */
export interface Share {
  readonly value: number
  /** Standard error √(p(1 − p)/(n − 1)); null for a single item. */
  readonly error: number | null
}

/** A zero-shot task, scored as lm-evaluation-harness does. */
export interface ZeroShotReport {
  /** The file's name without its ending. */
  readonly task: string
  readonly kind: TaskKind
  readonly items: number
  readonly accuracy: Share
  /** Where log-likelihoods are divided by the bytes of their choices first; null for kinds that have one length or one choice. */
  readonly normalized: Share | null
  /** exp of the mean negative log-likelihood of a last word; null for other kinds. */
  readonly perplexity: number | null
  /** Index of every item's right choice, and of the one that was chosen; −1 where a last word was not foreseen. */
  readonly gold: readonly number[]
  readonly predictions: readonly number[]
  readonly normalizedPredictions: readonly number[] | null
  /** Of every choice of every item, in nats. */
  readonly logLikelihoods: readonly (readonly number[])[]
  /** Codes were multiplied as they are stored. */
  readonly stored: boolean
  readonly seconds: number
}
