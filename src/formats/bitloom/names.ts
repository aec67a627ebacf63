import type { RunReport } from '../../records'
import type { PartName } from '../affine-check'

/** Version of the layout that is written, and the only one that is read: docs/format.md, "Versions". */
export const VERSION = '1'

/** Tensors that belong to the container rather than to the model begin with this. */
export const reservedPrefix = 'bitloom.'

/** Per-column records of a module, for the maps: F32 [lanes, in]. */
export const columnsTensor = (module: string): string => `bitloom.columns/${module}`

/** 'model.layers.0.mlp.up_proj' + 'codes'. */
export const partTensor = (linear: string, part: PartName): string => `${linear}.${part}`

/** Name to save a packed model under: model, method, and the bits a weight really takes. docs/format.md, "File name". */
export function packedFileName({ model, recipe, bits }: RunReport): string {
  const plain = model.name.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^[-._]+|[-._]+$/g, '') || 'model'
  return `${plain}-${recipe.method}-${bits.total.toFixed(2)}bpw.bitloom.safetensors`
}
