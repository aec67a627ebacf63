import { type Architecture, llamaLike } from './llama-like'
import { activationOf, decoderOptions, readOptions, windowsOf } from './options'

/** Phi-3 and Phi-4-mini (Abdin et al. 2024): LLaMA whose q, k and v are one linear, gate and up another. */
export const phi3: Architecture = {
  name: 'Phi3ForCausalLM',
  modelType: 'phi3',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(
      decoderOptions.extend({ rms_norm_eps: decoderOptions.shape.rms_norm_eps.default(1e-5) }),
      config,
    )
    const plain = llamaLike(this, config, read)
    const { hidden, ffn, heads, kvHeads, headDim } = plain
    const linear = { in: hidden, bias: false }
    return {
      ...plain,
      windows: windowsOf(config, plain.layers, () => true),
      fusedHeads: 'after',
      linears: [
        { role: 'qkv', stage: 0, module: 'self_attn.qkv_proj', out: (heads + 2 * kvHeads) * headDim, ...linear },
        ...plain.linears.filter(({ role }) => role === 'o'),
        { role: 'gate_up', stage: 2, module: 'mlp.gate_up_proj', out: 2 * ffn, ...linear },
        ...plain.linears.filter(({ role }) => role === 'down'),
      ],
    }
  },
}
