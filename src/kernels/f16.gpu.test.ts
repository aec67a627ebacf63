import { describe, expect, it } from 'vitest'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import { noise, testGpu } from '../../test/device'
import { decodeFloat16, encodeFloat16 } from '../formats/floats'
import { type Kernel, wgsl } from '../gpu/kernel'

/** y[i] = expression of x[i], as bits: values compare exactly and NaN needs no care on the way. */
const mapBits = (label: string, expression: string): Kernel<'x' | 'y', number> => ({
  label,
  wgsl: wgsl([
    f16Source,
    '@group(0) @binding(1) var<storage, read> x: array<u32>;',
    '@group(0) @binding(2) var<storage, read_write> y: array<u32>;',
    '@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {',
    `  if (id.x < arrayLength(&x)) { y[id.x] = ${expression}; }`,
    '}',
  ]),
  bindings: { x: 'read', y: 'read_write' },
  params: {},
  passes: (count) => [{ groups: [Math.ceil(count / 64)] }],
  cost: (count) => ({ flops: count * 20, bytes: count * 8 }),
})

async function apply(kernel: Kernel<'x' | 'y', number>, bits: Uint32Array<ArrayBuffer>) {
  const gpu = await testGpu()
  const x = gpu.upload(bits)
  const y = gpu.alloc([bits.length], 'u32')
  const rec = gpu.record()
  rec.run(kernel, { x, y }, bits.length)
  await gpu.submit(rec)
  const result = await gpu.readU32(y)
  gpu.free(x, y)
  return result
}

const isNaN16 = (half: number) => (half & 0x7fff) > 0x7c00
const all = Uint32Array.from({ length: 65536 }, (_, half) => half)

describe('f16_to_f32', () => {
  it('decodes all 65536 patterns to the bit', async () => {
    const got = await apply(mapBits('decode', 'bitcast<u32>(f16_to_f32(x[id.x]))'), all)
    const want = new Uint32Array(decodeFloat16(Uint16Array.from(all)).buffer)
    const wrong = [...all].filter(
      (half) => got[half] !== want[half] && !(isNaN16(half) && (got[half]! & 0x7fffffff) > 0x7f800000),
    )
    expect(wrong).toEqual([])
  })
})

describe('f32_to_f16', () => {
  const encode = mapBits('encode', 'f32_to_f16(bitcast<f32>(x[id.x]))')
  const bitsOf = (values: Float32Array<ArrayBuffer>) => new Uint32Array(values.buffer)

  it('gives back every float16; infinity becomes the largest finite value', async () => {
    const got = await apply(encode, bitsOf(decodeFloat16(Uint16Array.from(all))))
    const want = (half: number) => ((half & 0x7fff) === 0x7c00 ? half - 1 : half)
    expect([...all].filter((half) => (isNaN16(half) ? !isNaN16(got[half]!) : got[half] !== want(half)))).toEqual([])
  })

  it('rounds to the nearest, ties to even, subnormals too', async () => {
    const base = decodeFloat16(Uint16Array.from({ length: 0x7bff }, (_, half) => half))
    const next = decodeFloat16(Uint16Array.from({ length: 0x7bff }, (_, half) => half + 1))
    const middle = base.map((value, i) => (value + next[i]!) / 2)
    const around = (shift: number) => new Float32Array(bitsOf(middle).map((bits) => bits + shift).buffer)
    const values = Float32Array.from([...middle, ...around(-1), ...around(1)])
    const got = await apply(encode, bitsOf(values))
    const even = Uint32Array.from({ length: 0x7bff }, (_, half) => half + (half & 1))
    const below = even.map((_, half) => half)
    const above = even.map((_, half) => half + 1)
    expect(got).toEqual(Uint32Array.from([...even, ...below, ...above]))
  })

  it('equals the host for random values of every magnitude, and never turns infinite', async () => {
    const values = noise(50_000, 7).map((value, i) => value * 2 ** ((i % 60) - 40))
    const saturated = Uint32Array.from(encodeFloat16(values), (half) =>
      (half & 0x7fff) >= 0x7c00 ? (half & 0x8000) | 0x7bff : half,
    )
    expect(await apply(encode, bitsOf(values))).toEqual(saturated)
  })
})
