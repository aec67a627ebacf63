import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { tinyCheckpoint, tinyConfig } from '../../test/tiny-checkpoint'
import { Tape, type Variable } from '../autograd/tape'
import type { Tensor } from '../gpu/tensor'
import { numericGradient } from '../reference/gradients'
import { blockReference } from '../reference/llama'
import { BlockForward } from './block'
import { type BlockVariables, blockOnTape, frozenBlock } from './block-tape'
import { freeRopeTables, makeRopeTables } from './rope-tables'
import { CheckpointWeights, freeBlock, loadBlock, type Role } from './weights'

/** Small enough for central differences of every weight. */
const config = {
  ...tinyConfig,
  ...{ hidden_size: 6, intermediate_size: 7, head_dim: 4, num_attention_heads: 4, num_key_value_heads: 2 },
}

async function setUp() {
  const gpu = await testGpu()
  const { spec, source, weights } = tinyCheckpoint(config)
  const before = gpu.pool.liveBytes
  const block = await loadBlock(gpu, new CheckpointWeights(gpu, source), spec, 1)
  const tables = makeRopeTables(gpu, spec, 8)
  const batch = { windows: 2, length: 5 }
  const hidden = noise(10 * spec.hidden, 1)
  const x = gpu.upload(hidden, [10, spec.hidden])
  const free = () => {
    gpu.free(x)
    freeRopeTables(gpu, tables)
    freeBlock(gpu, block)
    expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
  }
  return { gpu, spec, weights, block, tables, batch, hidden, x, free }
}

describe('a block on the tape', () => {
  it('is the block of BlockForward, taps every linear, and gives all memory back without a way back', async () => {
    const { gpu, spec, block, tables, batch, x, free } = await setUp()
    const rec = gpu.record()
    const expected = new BlockForward(gpu, spec, tables).run(rec, block, x, batch)
    const tape = new Tape(gpu, rec)
    const tapped: [Role, ...number[]][] = []
    const y = blockOnTape(tape, spec, tables, frozenBlock(tape, block), tape.constant(x), batch, {
      tap: (role, { input, output }) => tapped.push([role, ...input.value.shape, ...output.value.shape]),
    })
    const copy = gpu.alloc(y.value.shape)
    rec.copy(y.value, copy)
    tape.free()
    await gpu.submit(rec)
    expectClose(await gpu.readF32(copy), await gpu.readF32(expected), { atol: 1e-6 })
    expect(tapped).toEqual(spec.linears.map(({ role, in: inputs, out }) => [role, 10, inputs, 10, out]))
    gpu.free(copy, expected)
    free()
  })

  it('has the gradients of the float64 block to its input and to every weight', async () => {
    const { gpu, spec, weights, block, tables, batch, hidden, x, free } = await setUp()
    const rec = gpu.record()
    const tape = new Tape(gpu, rec)
    const gradients = new Map<string, Tensor>()
    const leaf = (name: string, value: Tensor): Variable => {
      const gradient = gpu.alloc(value.shape)
      gradients.set(name, gradient)
      return tape.leaf(value, gradient)
    }
    const linears = Object.fromEntries(
      spec.linears.map(({ role, module }) => {
        const { weight, bias } = block.linears[role]
        return [role, { weight: leaf(`${module}.weight`, weight), bias: leaf(`${module}.bias`, bias!) }]
      }),
    ) as BlockVariables['linears']
    const variables = {
      linears,
      parameters: {
        attnNorm: leaf('input_layernorm.weight', block.attnNorm),
        mlpNorm: leaf('post_attention_layernorm.weight', block.mlpNorm),
      } as BlockVariables['parameters'],
      layer: 1,
    }
    const seen: Role[] = []
    const y = blockOnTape(tape, spec, tables, variables, leaf('x', x), batch, {
      onOutputGradient: (role) => seen.push(role),
    })
    const c = noise(10 * spec.hidden, 9)
    const seed = gpu.upload(c, [10, spec.hidden])
    tape.backward([y, seed])
    await gpu.submit(rec)
    expect(seen).toEqual(['down', 'up', 'gate', 'o', 'v', 'k', 'q'])

    const input = Float64Array.from(hidden)
    const exact = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]))
    const half = 5 * spec.hidden
    const loss = () =>
      [0, 1].reduce((sum, window) => {
        const { y } = blockReference(spec, exact, 1, input.slice(window * half, (window + 1) * half))
        return y.reduce((all, value, i) => all + value * c[window * half + i]!, sum)
      }, 0)
    for (const [name, gradient] of gradients) {
      const of = name === 'x' ? input : exact.get(`model.layers.1.${name}`)!
      // gradients are of order 1 and sum up to 10 tokens of 16 products
      expectClose(await gpu.readF32(gradient), numericGradient(loss, of), { atol: 1e-5, rtol: 1e-5 })
      gpu.free(gradient)
    }
    gpu.free(seed)
    free()
  }, 30_000)
})
