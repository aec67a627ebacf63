import type { GgmlTypeName } from '../src/formats/gguf/types'
import { ggufFile, type WrittenTensor } from './gguf'
import { noiseBlocks } from './gguf-blocks'
import { ggufOf } from './gguf-model'
import { tinyModel } from './tiny-gguf'

/** Types that are read and not written, and some that are both: one for each linear of two blocks. */
export const readTypes: readonly GgmlTypeName[] = [
  ...(['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ3_XXS', 'IQ3_S'] as const),
  ...(['TQ1_0', 'MXFP4', 'NVFP4', 'IQ4_NL', 'IQ4_XS', 'TQ2_0', 'Q1_0'] as const),
]

/** A tiny model as a GGUF file, each of its linears noise of another of these types; what is NVFP4 has a scale beside it. */
export async function everyReadType(): Promise<Uint8Array<ArrayBuffer>> {
  const { metadata, tensors } = await ggufOf(tinyModel({ architectures: ['LlamaForCausalLM'] }).source)
  let next = 0
  const coded = tensors.flatMap((tensor): WrittenTensor[] => {
    if (!/^blk\..*(attn|ffn)_\w+\.weight$/.test(tensor.name) || tensor.shape.length < 2) return [tensor]
    const type = readTypes[next++]!
    const blocks = noiseBlocks(tensor.name, type, tensor.shape as [number, number], 1 / 16, next)
    if (type !== 'NVFP4') return [blocks]
    const data = new Uint8Array(Float32Array.of(1 / 64).buffer)
    return [blocks, { name: tensor.name.replace('.weight', '.scale'), type: 'F32', shape: [1], data }]
  })
  return ggufFile({ metadata, tensors: coded })
}
