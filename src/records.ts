/**
 * Plain, serialisable records of a run: what the page shows, the CLI prints and the packed file carries.
 * Nothing here holds a GPU object or a tensor.
 */

/** Everything that decides a result. Saved, shared, reopened, it gives the same codes on the same kind of device. */
export interface Recipe {
  readonly version: 1
  readonly method: string
  /** Validated by the method's own schema. */
  readonly options: Readonly<Record<string, unknown>>
  readonly calibration: CalibrationRecipe
  readonly seed: number
}

export interface CalibrationRecipe {
  /** Name of the text, e.g. 'moby-dick' or a file name; its digest is in the report. */
  readonly text: string
  /** Windows of `length` tokens. */
  readonly samples: number
  readonly length: number
  /** The first windows of the text, or windows drawn by the seed. */
  readonly pick: 'first' | 'random'
  /** What the blocks are calibrated on; `sequential` unless said. */
  readonly stream?: CalibrationStream | undefined
}

/**
 * - `sequential`: every block sees what the already quantized ones before it produce, as GPTQ does it.
 * - `original`: every block sees what the original ones before it produce, so that no block needs another's codes.
 */
export type CalibrationStream = 'sequential' | 'original'

/** Bits a weight, counted from stored bytes. */
export interface EffectiveBits {
  readonly code: number
  readonly scale: number
  readonly index: number
  readonly total: number
}

/** One finished linear layer. */
export interface ModuleRecord {
  readonly name: string
  readonly layer: number
  readonly role: string
  readonly out: number
  readonly in: number
  readonly bits: EffectiveBits
  readonly error: ModuleError
  /** λ / mean diag H that the factorization needed; null for methods without one. */
  readonly damping: number | null
  readonly deadColumns: number
  readonly seconds: number
  readonly warnings: readonly string[]
  /** Per original column, for the maps. */
  readonly columns: ColumnRecord
  /** How the widths of the columns were learned; null where nothing was. */
  readonly training: TrainingRecord | null
  /** Strongest edges of the graph of columns; null for methods without one. */
  readonly graph: GraphRecord | null
  /** The bits that the method's paper would name, where it does not count all that is stored; else null. */
  readonly published: PublishedBits | null
  /** How its weights were grouped by magnitude; null for methods that do not. */
  readonly grouping: GroupingRecord | null
  /** Part of the codes that differ from rounding to nearest on the same grid; null where codes are not learned. */
  readonly flips: number | null
  /** How the block was reconstructed, with the last of its linears; null with the others and where none was. */
  readonly reconstruction: ReconstructionRecord | null
}

/**
 * The learning of a column allocator; one value a recorded step in every array. A network shared by several linears
 * is recorded with each of them.
 */
export interface TrainingRecord {
  readonly step: Float32Array<ArrayBuffer>
  /** quantization + α·(mean bits − target)². */
  readonly loss: Float32Array<ArrayBuffer>
  /** tr(D H Dᵀ) / tr(W H Wᵀ) of the sampled widths. */
  readonly quantization: Float32Array<ArrayBuffer>
  /** The same of the widths chosen without noise, after projection to the exact budget; NaN where not measured. */
  readonly chosen: Float32Array<ArrayBuffer>
  /** Mean width of the raw argmax, before projection. */
  readonly bits: Float32Array<ArrayBuffer>
  /** Mean entropy of a column's distribution over widths, bits. */
  readonly entropy: Float32Array<ArrayBuffer>
  /** Temperature τ of the Gumbel-Softmax. */
  readonly temperature: Float32Array<ArrayBuffer>
}

/** The graph among the columns that weigh most: edges of the Cholesky factor of the inverse Hessian. */
export interface GraphRecord {
  /** Original columns, by falling saliency. */
  readonly nodes: Uint32Array<ArrayBuffer>
  /** Index into `nodes` of the column whose error is pushed, and of the one that absorbs it. */
  readonly from: Uint32Array<ArrayBuffer>
  readonly to: Uint32Array<ArrayBuffer>
  /** U_ij / U_ii. */
  readonly weight: Float32Array<ArrayBuffer>
}

/** How a paper counts the bits of what it stores, where that differs from the stored bytes. */
export interface PublishedBits {
  readonly weight: number
  readonly scale: number
  /** One sentence: what the count leaves out. */
  readonly why: string
}

/** How the weights of a linear were split into salient ones and groups of magnitudes; SAGE-PTQ. */
export interface GroupingRecord {
  /** |w − mean| beyond which a weight is salient, and the part of the weights that is. */
  readonly threshold: number
  readonly salient: number
  /** Magnitudes between groups, ascending; one fewer than groups. */
  readonly boundaries: readonly number[]
  /** Of each group, ascending. */
  readonly amplitudes: readonly number[]
  /** Of 2, 3, … groups, averaged over samples; empty where the number was given. */
  readonly silhouettes: readonly number[]
  /** Weights by magnitude: counts of equal steps from 0 to `most`. */
  readonly histogram: { readonly most: number; readonly counts: Uint32Array<ArrayBuffer> }
  /** The sampled magnitudes, ascending, their clusters and the edges of their graph; a part of each where they are many. */
  readonly sample: {
    readonly values: Float32Array<ArrayBuffer>
    readonly clusters: Uint8Array<ArrayBuffer>
    /** Indices into `values`. */
    readonly from: Uint32Array<ArrayBuffer>
    readonly to: Uint32Array<ArrayBuffer>
  } | null
}

/** The reconstruction of a block by gradient steps; one value a recorded step in every array. */
export interface ReconstructionRecord {
  /** Steps from the first of the block. */
  readonly step: Float32Array<ArrayBuffer>
  /** Mean over tokens of Σ over hidden of (target − output)², of the step's batch. */
  readonly loss: Float32Array<ArrayBuffer>
  /** Part of the roundings that may still change; NaN where none are learned. */
  readonly soft: Float32Array<ArrayBuffer>
  /** Part of the codes that differ from rounding to nearest on the same grid; NaN where not counted. */
  readonly flips: Float32Array<ArrayBuffer>
}

export interface ModuleError {
  /** ‖W − Ŵ‖² / ‖W‖². */
  readonly weight: number
  /** tr(D H Dᵀ) / tr(W H Wᵀ), D = W − Ŵ: error of the layer's output; null without calibration. */
  readonly output: number | null
}

/** One value a column of the original order; lanes a method has no number for are null. */
export interface ColumnRecord {
  readonly bits: Float32Array<ArrayBuffer>
  /** Σ over rows of (w − ŵ)². */
  readonly error: Float32Array<ArrayBuffer>
  /** diag H: twice the mean square of the column's input. */
  readonly hessian: Float32Array<ArrayBuffer> | null
  /** [in]: U_jj of the factor of the inverse Hessian along which columns are rounded: an error in column j costs its square over U_jj². */
  readonly factor: Float32Array<ArrayBuffer> | null
  /** ‖w_j‖ of the original column; null in files that were written before it was kept. */
  readonly norm: Float32Array<ArrayBuffer> | null
  /** The part of a column's weights that is stored with more than sign and group; null for methods that single none out. */
  readonly salient: Float32Array<ArrayBuffer> | null
}

/** What runs where and how long: one line of the progress. */
export type Progress =
  | {
      readonly type: 'phase'
      readonly phase: Phase
      readonly done: number
      readonly total: number
      readonly label: string
    }
  | { readonly type: 'module'; readonly module: ModuleRecord }
  /** An allocator is learning: everything recorded so far. */
  | { readonly type: 'training'; readonly name: string; readonly steps: number; readonly training: TrainingRecord }
  /** A block is being reconstructed: everything recorded so far, of `steps` in all. */
  | {
      readonly type: 'reconstruction'
      readonly layer: number
      readonly steps: number
      readonly reconstruction: ReconstructionRecord
    }
  | {
      readonly type: 'block'
      readonly layer: number
      readonly layers: number
      readonly seconds: number
      readonly drift: number | null
      readonly secondsLeft: number
      readonly gpuBytes: number
    }
  /** The run goes on where it was broken off: so many of its blocks are kept. Their modules and blocks are told next. */
  | { readonly type: 'resumed'; readonly blocks: number; readonly layers: number }
  /** A finished block cannot be stored: the run waits until it is resumed, and tries again. */
  | { readonly type: 'refused'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string }

export type Phase =
  | 'open'
  | 'tokenize'
  | 'embed'
  | 'plan'
  | 'calibrate'
  | 'quantize'
  | 'propagate'
  | 'evaluate'
  | 'export'

/** What a run amounted to; goes into the packed file and the report. */
export interface RunReport {
  readonly version: 1
  readonly bitloom: string
  readonly model: { readonly name: string; readonly parameters: number; readonly bytes: number }
  readonly recipe: Recipe
  readonly calibrationDigest: string | null
  readonly device: { readonly name: string; readonly software: boolean }
  readonly bits: EffectiveBits
  readonly modules: readonly ModuleRecord[]
  readonly seconds: { readonly total: number } & Readonly<Partial<Record<Phase, number>>>
  readonly peakGpuBytes: number
  /** How many parts, after the first, added blocks to it; what was lost between them is in no count of seconds. */
  readonly resumed?: number | undefined
  /** Blocks that were calibrated so few windows at a time because the GPU's memory ran out with as many as usual. */
  readonly smallerBatches?: readonly { readonly layer: number; readonly windows: number }[] | undefined
  readonly warnings: readonly string[]
}

/** How a model is stored in a GGUF file. */
export interface GgufSummary {
  /** Bits a weight of the linears: of the codes as Bitloom keeps them, and in the file. Null where nothing was quantized. */
  readonly bits: { readonly effective: number; readonly stored: number } | null
  /** Of the whole file. */
  readonly bytes: number
  /** Type of matrices that were not quantized, where their rows allow it. */
  readonly rest: string
  /** `exact`: the file's weights are those of the codes, bit for bit; else they are float16, rounded. */
  readonly modules: readonly { readonly name: string; readonly type: string; readonly exact: boolean }[]
  /** Where llama.cpp runs this model a little differently, a sentence each. */
  readonly caveats: readonly string[]
}
