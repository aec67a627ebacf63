import type { Gpu } from '../src/gpu/device'
import type { Tensor } from '../src/gpu/tensor'
import { matmul } from '../src/kernels/gemm'
import { Hessian } from '../src/linalg/hessian'
import { type ModelSpec, specFromConfig } from '../src/models/spec'
import type { WeightSource } from '../src/models/weights'
import { randomFrom } from '../src/random'

/** Rows of a layer n columns wide in the shape of LLaMA-2's up projection, 11008 × 4096. */
export const upRows = (n: number): number => Math.ceil((11008 * n) / 4096)

/** One column of so many has large weights. */
const OUTLIER_EVERY = 199
const OUTLIER = 8

/** W [rows, columns], normal with variance 1/columns but for a few columns eight times as large. */
export function syntheticWeights(rows: number, columns: number, seed: number): Float32Array<ArrayBuffer> {
  const w = gaussian(rows * columns, 1 / Math.sqrt(columns), seed)
  for (let at = 0; at < w.length; at++) if ((at % columns) % OUTLIER_EVERY === OUTLIER_EVERY - 1) w[at]! *= OUTLIER
  return w
}

/**
 * H of correlated inputs, low rank plus noise, and the cross product with what an original model would have fed: the
 * same inputs less a little. The caller frees it.
 */
export async function syntheticHessian(gpu: Gpu, columns: number, tokens: number, seed: number): Promise<Hessian> {
  const rank = Math.max(1, columns >> 4)
  const z = gpu.upload(gaussian(tokens * rank, 1, seed), [tokens, rank])
  const directions = gpu.upload(gaussian(rank * columns, 2 / Math.sqrt(rank), seed + 1), [rank, columns])
  const random = randomFrom(seed + 2)
  const x = gpu.upload(
    Float32Array.from({ length: tokens * columns }, () => 2 * random() - 1),
    [tokens, columns],
  )
  const original = gpu.alloc(x.shape)
  const rec = gpu.record()
  rec.copy(x, original)
  const product = { a: z, b: directions, m: tokens, n: columns, k: rank, accumulate: true }
  matmul(rec, { ...product, c: x })
  matmul(rec, { ...product, c: original, alpha: 0.98 })
  const hessian = Hessian.create(gpu, rec, columns, tokens, true)
  hessian.add(rec, x)
  hessian.addCross(rec, original, x)
  hessian.finish(rec)
  await gpu.submit(rec)
  gpu.free(z, directions, x, original)
  return hessian
}

/** A model of `layers` LLaMA blocks; its vocabulary is large enough for inputs of full rank. */
export function syntheticModel(hidden: number, ffn: number, layers: number): ModelSpec {
  return specFromConfig({
    ...{ architectures: ['LlamaForCausalLM'], hidden_size: hidden, intermediate_size: ffn, num_hidden_layers: layers },
    ...{ num_attention_heads: Math.max(1, hidden >> 7), vocab_size: 2 * hidden, max_position_embeddings: 4096 },
  })
}

/** Random weights of a model: each shape is made once, each tensor is a copy on the GPU. */
export class SyntheticSource implements WeightSource {
  readonly #made = new Map<string, Tensor>()

  constructor(
    private readonly gpu: Gpu,
    private readonly spec: ModelSpec,
  ) {}

  linear(name: string): Promise<Tensor> {
    const { out, in: columns } = this.spec.linears.find(({ module }) => name.endsWith(module))!
    return this.#copy([out, columns], () => syntheticWeights(out, columns, out + columns))
  }

  tensor(_name: string, rows?: { start: number; end: number }): Promise<Tensor> {
    const { hidden } = this.spec
    if (!rows) return this.#copy([hidden], () => new Float32Array(hidden).fill(1))
    const count = rows.end - rows.start
    return this.#copy([count, hidden], () => gaussian(count * hidden, 1, rows.start + 1))
  }

  free(): void {
    this.gpu.free(...this.#made.values())
    this.#made.clear()
  }

  async #copy(shape: readonly number[], make: () => Float32Array<ArrayBuffer>): Promise<Tensor> {
    const key = shape.join('×')
    const made = this.#made.get(key) ?? this.gpu.upload(make(), shape)
    this.#made.set(key, made)
    const tensor = this.gpu.alloc(shape)
    const rec = this.gpu.record()
    rec.copy(made, tensor)
    await this.gpu.submit(rec)
    return tensor
  }
}

/** Normal numbers (Box–Muller) with this deviation. */
export function gaussian(count: number, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomFrom(seed)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    values[i] = radius * Math.cos(angle)
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle)
  }
  return values
}
