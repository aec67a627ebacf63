import { WIDTHS } from '../quantized'
import type { TensorToWrite } from '../safetensors-writer'
import { describe, jointWarnings, type Scheme, schemesOf, USUAL_GROUPS } from '../schemes'
import { type UniformLayout, uniformCodes, uniformScales, uniformZeros } from '../uniform'
import type { UniformFormat } from '../uniform-folder'
import { denseWords, packWords } from '../words'

/** Writes compressed-tensors checkpoints, `pack-quantized`. Layout: docs/formats.md, "compressed-tensors". */
export const compressedTensorsFormat: UniformFormat = {
  title: 'compressed-tensors',
  widths: WIDTHS,
  check: () => {},
  tensors: (name, layout, read) => {
    const { out, in: columns, bits, groups, groupOf, symmetric } = layout
    const tensor = (
      part: string,
      dtype: TensorToWrite['dtype'],
      shape: number[],
      data: () => Promise<ArrayBufferView<ArrayBuffer>>,
    ) => ({ name: `${name}.${part}`, dtype, shape, data: async () => new Uint8Array((await data()).buffer) })
    return [
      tensor('weight_packed', 'I32', [out, denseWords(columns, bits)], async () =>
        codeWords(uniformCodes(await read(), layout), layout),
      ),
      tensor('weight_scale', 'F16', [out, groups], async () => uniformScales(await read(), layout)),
      tensor('weight_shape', 'I64', [2], async () => BigInt64Array.of(BigInt(out), BigInt(columns))),
      ...(symmetric
        ? []
        : [
            tensor('weight_zero_point', 'I32', [denseWords(out, bits), groups], async () =>
              zeroWords(uniformZeros(await read(), layout), layout),
            ),
          ]),
      ...(groupOf ? [tensor('weight_g_idx', 'I32', [columns], async () => Int32Array.from(groupOf))] : []),
    ]
  },
  config: configOf,
  warnings: (layouts) => {
    const schemes = schemesOf(layouts)
    const rare = schemes.find(({ scheme: { bits } }) => bits !== 4 && bits !== 8)
    const split = schemes.find(({ scheme: { bits } }) => 32 % bits !== 0)
    const odd = schemes.find(({ scheme }) => !USUAL_GROUPS.includes(scheme.groupSize))
    return [
      ...jointWarnings(layouts),
      ...(rare
        ? [`${rare.names[0]}: ${describe(rare.scheme)} — older vLLM and SGLang take 4 and 8 bits of this format only`]
        : []),
      ...(split
        ? [
            `${split.names[0]}: ${split.scheme.bits} bits — versions of compressed-tensors before June 2026 pack 3, 5, 6 and 7 bits another way; load with a later one`,
          ]
        : []),
      ...(odd
        ? [`${odd.names[0]}: groups of ${odd.scheme.groupSize} — vLLM's kernels take ${USUAL_GROUPS.join(', ')}`]
        : []),
    ]
  },
}

const codeWords = (codes: Uint8Array, { out, in: columns, bits }: UniformLayout) => {
  const to = { step: 1, lane: denseWords(columns, bits) }
  return packWords(codes, { step: 1, lane: columns }, to, { length: columns, lanes: out, bits })
}

const zeroWords = (zeros: Uint8Array, { out, groups, bits }: UniformLayout) =>
  packWords(zeros, { step: groups, lane: 1 }, { step: groups, lane: 1 }, { length: out, lanes: groups, bits })

/** One group of settings a scheme; a single scheme is that of every linear but the head. */
function configOf(layouts: ReadonlyMap<string, UniformLayout>): Record<string, unknown> {
  const schemes = schemesOf(layouts)
  const groups = schemes.map(({ scheme, names }, i) => [
    `group_${i}`,
    {
      targets: schemes.length === 1 ? ['Linear'] : names,
      weights: weightsOf(scheme),
      input_activations: null,
      output_activations: null,
    },
  ])
  return {
    quant_method: 'compressed-tensors',
    format: 'pack-quantized',
    quantization_status: 'compressed',
    config_groups: Object.fromEntries(groups),
    ignore: ['lm_head'],
    kv_cache_scheme: null,
  }
}

function weightsOf({ bits, groupSize, symmetric, ordered }: Scheme) {
  const whole = groupSize === -1
  return {
    ...{ num_bits: bits, type: 'int', symmetric, strategy: whole ? 'channel' : 'group' },
    group_size: whole ? null : groupSize,
    ...{ dynamic: false, actorder: ordered ? 'group' : null },
  }
}
