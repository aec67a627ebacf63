import { FormatError, NumericalError } from '../errors'
import { type ModelSource, toFloat32 } from '../formats/source'
import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import { type LinearSpec, linearName, type ModelSpec, normName } from './spec'

/** Host memory for one piece of a tensor on its way to the GPU, as float32. */
const CHUNK_BYTES = 16 * 2 ** 20

/**
 * Where a model's parameters come from, as f32 tensors on the GPU. Whoever asks owns what it gets. Submit recorded
 * commands first: loading happens at once and may reuse freed memory.
 */
export interface WeightSource {
  /** W [out, in] of a linear inside a block, by its name without '.weight': as stored, or dequantized from codes. */
  linear(name: string): Promise<Tensor>
  /** Any other parameter by its full name, or rows [start, end) of its first dimension. */
  tensor(name: string, rows?: { start: number; end: number }): Promise<Tensor>
}

/** The parameters of an opened checkpoint: F32, F16, BF16 or F64 in the file, float32 on the GPU. */
export class CheckpointWeights implements WeightSource {
  constructor(
    private readonly gpu: Gpu,
    private readonly source: ModelSource,
  ) {}

  linear(name: string): Promise<Tensor> {
    return this.tensor(`${name}.weight`)
  }

  /** Reads and uploads piece by piece. NumericalError when a value is NaN or infinite. */
  async tensor(name: string, rows?: { start: number; end: number }): Promise<Tensor> {
    const entry = this.source.tensors.get(name)
    if (!entry)
      throw new FormatError(`tensor ${name}: expected in the model's files, got none — add the file that holds it`)
    const [count = 1, ...rest] = entry.shape
    const { start, end } = rows ?? { start: 0, end: count }
    const rowLength = elements(rest)
    const step = Math.max(1, Math.floor(CHUNK_BYTES / 4 / rowLength))
    const tensor = this.gpu.alloc([end - start, ...rest], 'f32', name)
    try {
      for (let row = start; row < end; row += step) {
        const values = toFloat32(await entry.read({ start: row, end: Math.min(row + step, end) }), entry.dtype)
        checkFinite(values, name, row * rowLength)
        const offset = tensor.offset + (row - start) * rowLength * 4
        this.gpu.device.queue.writeBuffer(tensor.buffer, offset, values)
        // the queue holds a copy until it has run: without a wait a large tensor would be in host memory whole
        if (row + step < end) await this.gpu.device.queue.onSubmittedWorkDone()
      }
    } catch (error) {
      this.gpu.free(tensor)
      throw error
    }
    return tensor
  }
}

function checkFinite(values: Float32Array, name: string, first: number): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]!))
      throw new NumericalError(
        `tensor ${name}: expected finite numbers, got ${values[i]} at element ${first + i} — download the checkpoint again`,
      )
}

export type Role = LinearSpec['role']

export interface LinearWeights {
  /** [out, in] */
  readonly weight: Tensor
  /** [out] */
  readonly bias: Tensor | null
}

/** The parameters of one decoder block, resident on the GPU. */
export interface BlockWeights {
  readonly linears: Readonly<Record<Role, LinearWeights>>
  /** [hidden], before attention. */
  readonly attnNorm: Tensor
  /** [hidden], before the feed-forward part. */
  readonly mlpNorm: Tensor
}

export async function loadBlock(
  gpu: Gpu,
  weights: WeightSource,
  spec: ModelSpec,
  layer: number,
): Promise<BlockWeights> {
  const loaded: Tensor[] = []
  const keep = async (pending: Promise<Tensor>) => {
    const tensor = await pending
    loaded.push(tensor)
    return tensor
  }
  try {
    const linears = {} as Record<Role, LinearWeights>
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const weight = await keep(weights.linear(name))
      const bias = linear.bias ? await keep(weights.tensor(`${name}.bias`)) : null
      linears[linear.role] = { weight, bias }
    }
    const attnNorm = await keep(weights.tensor(normName(layer, 'attnNorm')))
    const mlpNorm = await keep(weights.tensor(normName(layer, 'mlpNorm')))
    return { linears, attnNorm, mlpNorm }
  } catch (error) {
    gpu.free(...loaded)
    throw error
  }
}

export function freeBlock(gpu: Gpu, { linears, attnNorm, mlpNorm }: BlockWeights): void {
  for (const { weight, bias } of Object.values(linears)) gpu.free(weight, bias ?? undefined)
  gpu.free(attnNorm, mlpNorm)
}

/** Rows [first, first + count) of a matrix too large for one binding. */
export interface RowShard {
  readonly tensor: Tensor
  readonly first: number
  readonly count: number
}

/** A matrix [rows, columns] in shards of at most `shardBytes`. */
export async function loadSharded(
  gpu: Gpu,
  weights: WeightSource,
  name: string,
  [rows, columns]: readonly [number, number],
  shardBytes: number,
): Promise<RowShard[]> {
  const shards: RowShard[] = []
  const step = Math.max(1, Math.floor(shardBytes / 4 / columns))
  try {
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first)
      shards.push({ tensor: await weights.tensor(name, { start: first, end: first + count }), first, count })
    }
  } catch (error) {
    gpu.free(...shards.map(({ tensor }) => tensor))
    throw error
  }
  return shards
}
