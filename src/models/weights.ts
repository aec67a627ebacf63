import { FormatError, NumericalError } from '../errors'
import { type ModelSource, toFloat32 } from '../formats/source'
import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import type { PackedTensors } from '../kernels/dequantize'
import { freeOperand, type Operand } from '../kernels/project'
import { type LinearSpec, linearName, type ModelSpec, type ParameterKey, parameterName } from './spec'

/** Host memory for one piece of a tensor on its way to the GPU, as float32. */
const CHUNK_BYTES = 16 * 2 ** 20

/**
 * Where a model's parameters come from, as f32 tensors on the GPU. Whoever asks owns what it gets. Submit recorded
 * commands first: loading happens at once and may reuse freed memory.
 */
export interface WeightSource {
  /** W [out, in] of a linear inside a block, by its name without '.weight': as stored, or dequantized from codes. */
  linear(name: string): Promise<Tensor>
  /** The same as it is stored, to multiply with `project`; missing where no linear is stored as codes. */
  packed?(name: string): Promise<PackedTensors>
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

/** `W` is `Operand` where a block is only run forwards and may be used as it is stored. */
export interface LinearWeights<W extends Operand = Tensor> {
  /** [out, in] */
  readonly weight: W
  /** [out] */
  readonly bias: Tensor | null
}

/** The parameters of one decoder block, resident on the GPU: of those that are no linear's, what its spec lists. */
export interface BlockWeights<W extends Operand = Tensor> extends BlockParameters {
  readonly linears: Readonly<Record<Role, LinearWeights<W>>>
  /** Which block of the model it is, 0 unless given: layers may see windows of their own. */
  readonly layer?: number
}

export interface BlockParameters extends Partial<Readonly<Record<ParameterKey, Tensor>>> {
  /** [hidden], before attention. */
  readonly attnNorm: Tensor
  /** [hidden], before the feed-forward part. */
  readonly mlpNorm: Tensor
}

/** All that a block holds beside its linears. */
export const parameterEntries = ({ linears: _, layer: __, ...parameters }: BlockWeights<Operand>) =>
  Object.entries(parameters) as [ParameterKey, Tensor][]

export const loadBlock = (gpu: Gpu, weights: WeightSource, spec: ModelSpec, layer: number): Promise<BlockWeights> =>
  load(gpu, weights, spec, layer, (name) => weights.linear(name))

/** A block to be run forwards only: its linears as they are stored where they are stored as codes. */
export const loadStoredBlock = (
  gpu: Gpu,
  weights: WeightSource,
  spec: ModelSpec,
  layer: number,
): Promise<BlockWeights<Operand>> =>
  load<Operand>(gpu, weights, spec, layer, (name) => weights.packed?.(name) ?? weights.linear(name))

async function load<W extends Operand>(
  gpu: Gpu,
  weights: WeightSource,
  spec: ModelSpec,
  layer: number,
  linearOf: (name: string) => Promise<W>,
): Promise<BlockWeights<W>> {
  const loaded: Operand[] = []
  const keep = async <T extends Operand>(pending: Promise<T>) => {
    const tensor = await pending
    loaded.push(tensor)
    return tensor
  }
  try {
    const linears = {} as Record<Role, LinearWeights<W>>
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const weight = await keep(linearOf(name))
      const bias = linear.bias ? await keep(weights.tensor(`${name}.bias`)) : null
      linears[linear.role] = { weight, bias }
    }
    const parameters: Partial<Record<ParameterKey, Tensor>> = {}
    for (const parameter of spec.parameters)
      parameters[parameter.key] = await keep(weights.tensor(parameterName(spec, layer, parameter)))
    return { ...(parameters as BlockParameters), linears, layer }
  } catch (error) {
    for (const one of loaded) freeOperand(gpu, one)
    throw error
  }
}

export function freeBlock(gpu: Gpu, block: BlockWeights<Operand>): void {
  for (const { weight, bias } of Object.values(block.linears)) {
    freeOperand(gpu, weight)
    gpu.free(bias ?? undefined)
  }
  gpu.free(...parameterEntries(block).map(([, tensor]) => tensor))
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
