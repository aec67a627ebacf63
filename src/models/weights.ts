import { FormatError, NumericalError } from '../errors'
import { type Dtype, dtypeBytes } from '../formats/dtypes'
import { areFinite, toFloat32, wordsOf } from '../formats/floats'
import type { ModelSource, TensorEntry } from '../formats/source'
import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import type { PackedTensors } from '../kernels/dequantize'
import { freeOperand, type Operand } from '../kernels/project'
import { widen } from '../kernels/widen'
import { type Later, later } from '../later'
import { linearName, parameterName } from './required-tensors'
import type { LinearSpec, ModelSpec, ParameterKey } from './spec'

/** A tensor is read, and widened on the GPU, in pieces of at most this. */
export const PIECE_BYTES = 4 * 2 ** 20
/** What the queue may hold of weights that were written and have not arrived: it keeps a copy until it has run. */
export const UNDER_WAY_BYTES = 64 * 2 ** 20

/** Bytes of the next block that are read, at most, while the GPU works on this one. */
export const AHEAD_BYTES = 256 * 2 ** 20

/**
 * Where a model's parameters come from, as f32 tensors on the GPU. Whoever asks owns what it gets. Submit recorded
 * commands first: loading happens at once and may reuse freed memory.
 */
export interface WeightSource {
  /** W [out, in] of a linear inside a block, by its name without '.weight': as stored, or dequantized from codes. */
  linear(name: string): Promise<Tensor>
  /** The same as it is stored, to multiply with `project`; null, or missing, where it is not stored as codes. */
  packed?(name: string): Promise<PackedTensors> | null
  /** Any other parameter by its full name, or rows [start, end) of its first dimension. */
  tensor(name: string, rows?: { start: number; end: number }): Promise<Tensor>
  /** These tensors are asked for next: their bytes may be read meanwhile, up to AHEAD_BYTES. */
  readAhead?(names: readonly string[]): void
}

/** The parameters of an opened checkpoint: F32, F16, BF16 or F64 in the file, float32 on the GPU. */
export class CheckpointWeights implements WeightSource {
  #underWay = 0
  #arrived = Promise.resolve()
  /** Pieces of tensors that were announced, by name and first row. */
  #ahead = new Map<string, Later<Uint8Array<ArrayBuffer>>>()

  constructor(
    private readonly gpu: Gpu,
    private readonly source: ModelSource,
  ) {}

  linear(name: string): Promise<Tensor> {
    return this.tensor(`${name}.weight`)
  }

  /** Reads and uploads piece by piece, the next being read meanwhile. NumericalError when a value is NaN or infinite. */
  async tensor(name: string, rows?: { start: number; end: number }): Promise<Tensor> {
    const entry = this.source.tensors.get(name)
    if (!entry)
      throw new FormatError(`tensor ${name}: expected in the model's files, got none — add the file that holds it`)
    const [count = 1, ...rest] = entry.shape
    const { start, end } = rows ?? { start: 0, end: count }
    const rowLength = elements(rest)
    const step = pieceRows(entry)
    const tensor = this.gpu.alloc([end - start, ...rest], 'f32', name)
    const readFrom = (row: number) => {
      const key = `${name}@${row}`
      const ahead = rows ? undefined : this.#ahead.get(key)
      if (ahead) this.#ahead.delete(key)
      return ahead ?? later(entry.read({ start: row, end: Math.min(row + step, end) }))
    }
    try {
      let next = readFrom(start)
      for (let row = start; row < end; row += step) {
        const bytes = await next.value
        if (row + step < end) next = readFrom(row + step)
        checkFinite(bytes, entry.dtype, name, row * rowLength)
        await this.#upload(tensor, (row - start) * rowLength, bytes, entry.dtype)
      }
    } catch (error) {
      this.gpu.free(tensor)
      throw error
    }
    return tensor
  }

  /** One piece after another, so that whoever needs a piece now does not wait for all of them. */
  readAhead(names: readonly string[]): void {
    this.#ahead.clear()
    let bytes = 0
    let before: Promise<unknown> = Promise.resolve()
    for (const name of names) {
      const entry = this.source.tensors.get(name)
      if (!entry) continue // told when it is loaded
      const [count = 1] = entry.shape
      const step = pieceRows(entry)
      for (let row = 0; row < count; row += step) {
        const end = Math.min(row + step, count)
        bytes += (entry.bytes / count) * (end - row)
        if (bytes > AHEAD_BYTES) return
        const key = `${name}@${row}`
        const piece = later(before.then(() => entry.read({ start: row, end })))
        before = piece.value.catch(() => {})
        this.#ahead.set(key, piece)
      }
    }
  }

  /** Half as many bytes to carry where the file holds halves; they are widened where they arrive. */
  async #upload(tensor: Tensor, first: number, bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Promise<void> {
    const { gpu } = this
    if (dtype === 'F16' || dtype === 'BF16') {
      const words = wordsOf(bytes)
      const halves = gpu.alloc([words.length], 'u32', 'halves')
      const rec = gpu.record()
      rec.write(halves, words)
      rec.run(widen[dtype], { halves, y: tensor }, { first, count: bytes.length / 2 })
      await gpu.submit(rec)
      gpu.free(halves) // not before: other tensors are loaded meanwhile
    } else gpu.device.queue.writeBuffer(tensor.buffer, tensor.offset + 4 * first, toFloat32(bytes, dtype))
    this.#underWay += bytes.length
    if (this.#underWay < UNDER_WAY_BYTES) return
    await this.#arrived
    this.#arrived = gpu.device.queue.onSubmittedWorkDone()
    this.#underWay = 0
  }
}

const pieceRows = ({ dtype, shape: [, ...rest] }: TensorEntry): number =>
  Math.max(1, Math.floor(PIECE_BYTES / dtypeBytes[dtype] / elements(rest)))

function checkFinite(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype, name: string, first: number): void {
  if (areFinite(bytes, dtype)) return
  const values = toFloat32(bytes, dtype)
  const bad = values.findIndex((value) => !Number.isFinite(value))
  throw new NumericalError(
    `tensor ${name}: expected finite numbers, got ${values[bad]} at element ${first + bad} — download the checkpoint again`,
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

/** Names of the tensors of a block, in the order in which they are loaded. */
export const blockTensors = (spec: ModelSpec, layer: number): string[] => [
  ...spec.linears.flatMap((linear) => {
    const name = linearName(layer, linear)
    return linear.bias ? [`${name}.bias`, `${name}.weight`] : [`${name}.weight`]
  }),
  ...spec.parameters.map((parameter) => parameterName(spec, layer, parameter)),
]

/** All at once, so that files are read while the GPU widens what is there. */
async function load<W extends Operand>(
  gpu: Gpu,
  weights: WeightSource,
  spec: ModelSpec,
  layer: number,
  linearOf: (name: string) => Promise<W>,
): Promise<BlockWeights<W>> {
  const begun: Promise<Operand>[] = []
  const begin = <T extends Operand>(loading: Promise<T>) => {
    begun.push(loading)
    return later(loading)
  }
  const linears = spec.linears.map((linear) => {
    const name = linearName(layer, linear)
    const bias = linear.bias ? begin(weights.tensor(`${name}.bias`)) : null
    return { role: linear.role, weight: begin(linearOf(name)), bias }
  })
  const others = spec.parameters.map((parameter) => ({
    key: parameter.key,
    tensor: begin(weights.tensor(parameterName(spec, layer, parameter))),
  }))
  try {
    const loaded = {} as Record<Role, LinearWeights<W>>
    for (const { role, weight, bias } of linears)
      loaded[role] = { weight: await weight.value, bias: bias && (await bias.value) }
    const parameters: Partial<Record<ParameterKey, Tensor>> = {}
    for (const { key, tensor } of others) parameters[key] = await tensor.value
    return { ...(parameters as BlockParameters), linears: loaded, layer }
  } catch (error) {
    for (const one of await Promise.allSettled(begun)) if (one.status === 'fulfilled') freeOperand(gpu, one.value)
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
