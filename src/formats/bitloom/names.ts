import type { GgufSummary, RunReport } from '../../records'
import type { PartName } from '../linear-check'

/** Version of the layout that is written, and all that are read: docs/format.md, "Versions". */
export const VERSION = '3'
export const READABLE: readonly (string | undefined)[] = ['1', '2', VERSION]

/** Tensors that belong to the container rather than to the model begin with this. */
export const reservedPrefix = 'bitloom.'

/** Per-column records of a module, for the maps: F32 [lanes, in]. */
export const columnsTensor = (module: string): string => `bitloom.columns/${module}`

/** The learning of a module's widths, for the charts: F32 [series, recorded steps]. */
export const trainingTensor = (module: string): string => `bitloom.training/${module}`

/** The reconstruction of a block, with the last of its modules: F32 [series, recorded steps]. */
export const reconstructionTensor = (module: string): string => `bitloom.reconstruction/${module}`

/** The graph among a module's columns: U32 [nodes], U32 [2, edges] of indices into it, F32 [edges]. */
export const graphTensor = (module: string, part: 'nodes' | 'edges' | 'weight'): string =>
  `bitloom.graph/${module}.${part}`

/** How a module's weights were grouped: U32 [bins], and of a sample F32 [values], U8 [values], U32 [2, edges]. */
export const groupingTensor = (module: string, part: 'counts' | 'values' | 'clusters' | 'edges'): string =>
  `bitloom.grouping/${module}.${part}`

/** In a block's file, a vector that the method changed: F32 [size]. */
export const changedTensor = (name: string): string => `bitloom.changed/${name}`

/** In a block's file, what a linear's rows or columns were multiplied by: F32 [out] or [in]. */
export const scalingTensor = (linear: string, side: 'rows' | 'columns'): string => `bitloom.scaling/${linear}.${side}`

/** 'model.layers.0.mlp.up_proj' + 'codes'. */
export const partTensor = (linear: string, part: PartName): string => `${linear}.${part}`

/** Name to save a packed model under: model, method, and the bits a weight really takes. docs/format.md, "File name". */
export const packedFileName = (report: RunReport): string => `${stem(report, report.bits.total)}.bitloom.safetensors`

/** The same of a GGUF file, with the bits that its types take. */
export const ggufFileName = (report: RunReport, { bits }: GgufSummary): string =>
  `${stem(report, bits?.stored ?? report.bits.total)}.gguf`

function stem({ model, recipe }: RunReport, bits: number): string {
  const plain = model.name.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^[-._]+|[-._]+$/g, '') || 'model'
  return `${plain}-${recipe.method.replaceAll('-', '')}-${bits.toFixed(2)}bpw`
}
