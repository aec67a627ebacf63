import { describe, expect, it } from 'vitest'
import { type StructInfo, type TypeInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js'
import type { AffineLinear, Grid } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Kernel } from '../gpu/kernel'
import { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { affineMatmul } from './affine-matmul'
import { attention } from './attention'
import { attentionBackwardKeys, attentionBackwardQueries, headLayout } from './attention-backward'
import { blockError, sumInto } from './block-error'
import { cachedAttention } from './cached-attention'
import { keepLeast, minMaxGrid } from './clip-search'
import { dequantizeInto } from './dequantize'
import type { PackedAffine } from './dequantize-affine'
import { divergence } from './divergence'
import { type GemmVariant, gemm, TILES } from './gemm'
import { gemmSum } from './gemm-split'
import { hardenDigit, hardenHistogram } from './harden'
import * as mixed from './mixed'
import { nll } from './nll'
import { packInto, unpackInto } from './pack'
import * as quantize from './quantize'
import { rmsNorm } from './rms-norm'
import { rmsNormBackward } from './rms-norm-backward'
import { sageCenter, sageCodes, sageLevels, sageRound, sageStart } from './sage'
import { rowMoments, scoreDigits, spreadOf } from './saliency'
import { billmBlock, pbllmBlock, sageBlock } from './sign-block'
import { signMatmul } from './sign-matmul'
import type { PackedSign } from './sign-panel'
import { countFlips, roundingStep } from './soft-rounding'
import { tiledAttentionBackwardQueries } from './tiled-attention'

type AnyKernel = Kernel<string, never>

const traits = { flopsPerDispatch: 1e9, maxGroupsPerDimension: 65535, workgroupBytes: 16384, software: false }
const tensor = (...shape: number[]): Tensor => ({ buffer: {} as GPUBuffer, offset: 0, shape, type: 'f32' })

/** Kernels that are no exports of their own: what these functions record. */
function recorded(): AnyKernel[] {
  const rec = new Recorder(traits)
  const segments = [{ bits: 3, columns: 5 }] as const
  const any = tensor(1)
  const found: AnyKernel[] = []
  // what lies in place needs no memory of its own
  const noGpu = {} as Gpu
  const [codes, words] = [tensor(2, 5), tensor(6)]
  packInto(rec, codes, any, words, { segments, out: 2 })
  unpackInto(rec, words, any, codes, { segments, out: 2 })
  for (const grid of ['symmetric', 'zero', 'range'] satisfies Grid['type'][]) {
    const panels = [{ start: 0, rows: 2, codes: any, cells: any, chunks: any }]
    const linear: Pick<AffineLinear, 'name' | 'out' | 'in' | 'segments' | 'groups'> = {
      ...{ name: grid, out: 2, in: 5, segments, groups: 1 },
    }
    const order = {
      perm: any,
      group: any,
      slots: tensor(32),
      owners: null,
      inPlace: true,
      perGroup: 0,
      subnormal: true,
    }
    const packed: PackedAffine = { kind: 'affine', ...linear, ...order, grid, panels }
    dequantizeInto(rec, packed, tensor(2, 5))
    for (const traitsOf of [rec, new Recorder({ ...traits, software: true })])
      for (const tokens of [1, 9]) {
        affineMatmul(noGpu, traitsOf, { x: tensor(tokens, 5), packed, y: tensor(tokens, 2) })
        affineMatmul(noGpu, traitsOf, {
          x: tensor(tokens, 5),
          packed: { ...packed, owners: any },
          y: tensor(tokens, 2),
        })
        if (traitsOf !== rec) found.push(...commandsOf(traitsOf))
      }
  }
  return [...commandsOf(rec), ...found, ...recordedOfSigns(), ...recordedOfCaches()]
}

function recordedOfCaches(): AnyKernel[] {
  const gpu = { alloc: () => tensor(1), free: () => {} } as unknown as Gpu
  return [true, false].flatMap((software) => {
    const rec = new Recorder({ ...traits, software })
    for (const type of ['f32', 'u32'] as const)
      for (const [kvHeads, headDim] of [
        [2, 64],
        [4, 14],
      ] as const) {
        const tensors = { q: tensor(1), k: { ...tensor(1), type }, v: tensor(1), y: tensor(1) }
        cachedAttention(gpu, rec, tensors, { tq: 1, tk: 300, heads: 4, kvHeads, headDim })
      }
    return commandsOf(rec)
  })
}

const commandsOf = (rec: Recorder) =>
  rec.commands.flatMap((command) => (command.type === 'dispatch' ? [command.kernel] : []))

function recordedOfSigns(): AnyKernel[] {
  const any = tensor(1)
  const sparse = { starts: any, at: Uint32Array.of(0, 1, 2), columns: any, values: any }
  return [true, false].flatMap((software) => {
    const rec = new Recorder({ ...traits, software })
    for (const second of [null, any]) {
      const panels = [{ start: 0, rows: 2, planes: any, levels: any, salientAt: 4, second, sparse, fields: any }]
      const linear = { name: 'sign', out: 2, in: 5, groups: 2, blockColumns: 5, perRow: false }
      const packed: PackedSign = { kind: 'sign', ...linear, ranks: second, panels }
      dequantizeInto(rec, packed, tensor(2, 5))
      for (const tokens of [1, 4, 9]) signMatmul(rec, { x: tensor(tokens, 5), packed, y: tensor(tokens, 2) })
    }
    return commandsOf(rec)
  })
}

function gemmVariants(): AnyKernel[] {
  const plain = { transA: false, transB: false, region: 'full', aInC: false, bInC: false } as const
  const changes: Partial<GemmVariant>[] = [
    {},
    { transB: true },
    { transA: true, region: 'upper' },
    { region: 'lower', aInC: true, bInC: true },
    { aInC: true },
    { transA: true, triangle: 'lower' },
  ]
  return Object.values(TILES).flatMap((tile) => [
    ...changes.map((change) => gemm({ ...plain, ...change, tile }) as unknown as AnyKernel),
    ...(['full', 'upper'] as const).map((region) => gemmSum(region, tile) as unknown as AnyKernel),
  ])
}

/** Kernels that the modules of this folder export as they are. */
const exported = Object.values(import.meta.glob<Record<string, unknown>>(['./*.ts', '!./*.test.ts'], { eager: true }))
  .flatMap((module) => Object.values(module))
  .filter((value): value is AnyKernel => typeof (value as AnyKernel | null)?.wgsl === 'string')

const ofHeads = [14, 64].flatMap((headDim) => [
  ...[1, 64].map((tq) => (software: boolean) => attention(headDim, tq, software)),
  (software: boolean) => attentionBackwardQueries(headLayout(headDim, software)),
  (software: boolean) => attentionBackwardKeys(headLayout(headDim, software)),
])
const variants = [true, false].flatMap((software) =>
  [
    ...[nll, divergence, rmsNorm, rmsNormBackward, blockError, sumInto, minMaxGrid, keepLeast],
    ...[roundingStep, countFlips, hardenHistogram, hardenDigit],
    ...[billmBlock, pbllmBlock, rowMoments, spreadOf, scoreDigits, sageStart, sageCenter],
    ...[sageRound, sageLevels, sageBlock].flatMap((of) => [1, 8].map((groups) => (way: boolean) => of(way, groups))),
    () => sageCodes(3),
    ...[() => tiledAttentionBackwardQueries(64), quantize.gptqBlock, mixed.mixedBlock, mixed.findRange, ...ofHeads],
  ].map((of) => of(software) as unknown as AnyKernel),
)

const kernels = [...new Set([...exported, ...variants, ...gemmVariants(), ...recorded()])]

/** 'first_scored' and 'firstScored' are the same name. */
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Name, type and byte offset of every field of a struct, those of structs inside it in their place. */
function fieldsOf(type: TypeInfo, base = 0): [name: string, type: string, offset: number][] {
  return (type as StructInfo).members.flatMap(({ name, type: field, offset }) =>
    'members' in field ? fieldsOf(field, base + offset) : [[camel(name), field.name, base + offset] as const],
  ) as [string, string, number][]
}

describe('what a kernel says of itself is what its WGSL says', () => {
  it('for every kernel there is', () => {
    expect(exported.length).toBeGreaterThanOrEqual(14)
  })

  it.each(kernels.map((kernel) => [kernel.label, kernel] as const))('%s', (_, { wgsl, bindings, params }) => {
    // its parser takes no expressions for a size
    const source = new WgslReflect(wgsl.replace(/@workgroup_size\(.*\)/, '@workgroup_size(1)'))
    expect(source.entry.compute.map(({ name }) => name)).toEqual(['main'])
    const storage = [...source.storage].sort((a, b) => a.binding - b.binding)
    expect(storage.map(({ group, binding, name, access }) => [group, binding, name, access])).toEqual(
      Object.entries(bindings).map(([name, access], i) => [0, i + 1, name, access]),
    )
    expect(source.uniforms.map(({ binding }) => binding)).toEqual(Object.keys(params).length === 0 ? [] : [0])
    expect(source.uniforms.flatMap(({ type }) => fieldsOf(type))).toEqual(
      Object.entries(params).map(([name, type], i) => [name, type, 4 * i]),
    )
  })
})
