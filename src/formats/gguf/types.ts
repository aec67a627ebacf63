/**
 * How ggml stores tensors: the weights of a row in blocks of `weights`, each of `bytes`. Ids, names and sizes as in
 * llama.cpp's ggml.h and ggml-common.h; what has rows together was withdrawn. Ids that are not here were withdrawn
 * before GGUF, never given, or are those of forks.
 */
export interface GgmlType {
  readonly id: number
  readonly name: GgmlTypeName
  /** Weights a block; a row is a whole number of blocks. */
  readonly weights: number
  /** Bytes a block. */
  readonly bytes: number
  /** Rows whose blocks lie together. */
  readonly rows: number
}

/** A type of another program's or of the future: nobody says here how it stores weights. */
export interface UnknownType {
  readonly id: number
  readonly name: `type ${number}`
  readonly weights: null
}

const table = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q8_1: [9, 32, 36],
  Q2_K: [10, 256, 84],
  Q3_K: [11, 256, 110],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  Q8_K: [15, 256, 292],
  IQ2_XXS: [16, 256, 66],
  IQ2_XS: [17, 256, 74],
  IQ3_XXS: [18, 256, 98],
  IQ1_S: [19, 256, 50],
  IQ4_NL: [20, 32, 18],
  IQ3_S: [21, 256, 110],
  IQ2_S: [22, 256, 82],
  IQ4_XS: [23, 256, 136],
  I8: [24, 1, 1],
  I16: [25, 1, 2],
  I32: [26, 1, 4],
  I64: [27, 1, 8],
  F64: [28, 1, 8],
  IQ1_M: [29, 256, 56],
  BF16: [30, 1, 2],
  Q4_0_4_4: [31, 32, 18, 4],
  Q4_0_4_8: [32, 32, 18, 4],
  Q4_0_8_8: [33, 32, 18, 8],
  TQ1_0: [34, 256, 54],
  TQ2_0: [35, 256, 66],
  IQ4_NL_4_4: [36, 32, 18, 4],
  MXFP4: [39, 32, 17],
  NVFP4: [40, 64, 36],
  Q1_0: [41, 128, 18],
  Q2_0: [42, 64, 18],
} as const satisfies Record<string, readonly [id: number, weights: number, bytes: number, rows?: number]>

export type GgmlTypeName = keyof typeof table

const names = Object.keys(table) as GgmlTypeName[]

export const ggmlTypes = Object.fromEntries(
  names.map((name) => {
    const [id, weights, bytes, rows = 1] = table[name]
    return [name, { id, name, weights, bytes, rows }]
  }),
) as Readonly<Record<GgmlTypeName, GgmlType>>

const byId = new Map(Object.values(ggmlTypes).map((type) => [type.id, type]))

export const ggmlTypeOf = (id: number): GgmlType | UnknownType =>
  byId.get(id) ?? { id, name: `type ${id}`, weights: null }
