/** Plain records of files that are looked at, whether or not they are a model that runs. */

/** What a tensor is for, by its name. */
export type TensorKind = 'embedding' | 'attention' | 'feed-forward' | 'experts' | 'norm' | 'head' | 'other'

/** One tensor as a file stores it. */
export interface TensorFacts {
  readonly name: string
  /** As the format calls it: F16, Q4_K, I32. */
  readonly type: string
  /** Slowest dimension first. */
  readonly shape: readonly number[]
  readonly bytes: number
  /** Weights that it stands for: more than its numbers where it holds codes, 0 where it only belongs to some, as scales do. */
  readonly weights: number
  readonly kind: TensorKind
  /** The blocks that it is in, the number of its block, and its module inside of that; null outside of blocks. */
  readonly place: { readonly stack: string; readonly layer: number; readonly role: string } | null
}

/** One entry of a file's metadata. */
export interface MetadataEntry {
  readonly key: string
  /** 'text', 'number', 'true or false', 'list of 32000 texts'. */
  readonly type: string
  /** Of a list the first values, of a long text its beginning. */
  readonly value: string
  readonly cut: boolean
}

/** What can be seen of files without running them. */
export interface FileView {
  readonly name: string
  readonly format: 'GGUF' | 'safetensors'
  /** As the files call it; null where they do not. */
  readonly architecture: string | null
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  /** Weights of all tensors. */
  readonly weights: number
  /** Of all tensors, without headers. */
  readonly bytes: number
  readonly tensors: readonly TensorFacts[]
  readonly metadata: readonly MetadataEntry[]
}

/**
 * What of a tensor is drawn: its weights in two ways, or what blocks of codes are made of, where weight = scale · level + minimum. Of types
 * with a codebook, `level` is that of an `entry` with its `sign`, or with a `shift` added.
 */
export type TensorLane = 'peak' | 'rms' | 'code' | 'level' | 'entry' | 'sign' | 'shift' | 'scale' | 'minimum' | 'super'

/** A part of a matrix. */
export interface MatrixWindow {
  readonly row: number
  readonly rows: number
  readonly column: number
  readonly columns: number
}

export interface TensorWish {
  readonly name: string
  readonly lane: TensorLane
  /** Null for the whole. */
  readonly window: MatrixWindow | null
  /** Cells of the picture, at most. */
  readonly across: number
  readonly down: number
  /** Every weight is read, however many there are. */
  readonly whole: boolean
}

/** A tensor as a picture: the matrix of its last dimension by all the others, in cells of some weights each. */
export interface TensorPicture {
  readonly rows: number
  readonly columns: number
  readonly window: MatrixWindow
  readonly lane: TensorLane
  /** Those that can be drawn. */
  readonly lanes: readonly TensorLane[]
  readonly across: number
  readonly down: number
  /**
   * Of each cell [down, across], NaN where none is finite: the value furthest from zero, with its sign; of `rms` the root of the mean
   * square, of `code`, `level`, `sign` and `shift` the mean, of `entry`, whose order means nothing, the first.
   */
  readonly cells: Float32Array<ArrayBuffer>
  /** Weights that share a scale, and a scale of scales; weights that share an entry of a codebook, and its size. Null without. */
  readonly block: {
    readonly weights: number
    readonly super: number | null
    readonly book: { readonly weights: number; readonly entries: number } | null
  } | null
  readonly statistics: TensorStatistics
  /** Weights of the window, and how many of them were read. */
  readonly weights: number
  readonly read: number
}

/** Of the weights that were read. */
export interface TensorStatistics {
  readonly zeros: number
  readonly nans: number
  readonly infinities: number
  /** Of the finite ones; NaN where there is none. */
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly deviation: number
  /** Counts of the finite ones in equal steps from −reach to reach. */
  readonly histogram: { readonly reach: number; readonly counts: readonly number[] }
}
