import { FormatError } from '../../errors'
import type { ColumnRecord, GraphRecord, ModuleRecord, TrainingRecord } from '../../records'
import type { TensorToWrite } from '../safetensors'
import type { ModelSource } from '../source'
import { columnsTensor, graphTensor, trainingTensor } from './names'
import { inMemory, storedTensor } from './tensors'

/** What a report's JSON says of the tensors that hold the rest of a module's record. */
export interface TensorsOfModule {
  /** Names of the rows of the columns' tensor; without, as version 1 had them: bits, error, and hessian if there is a third. */
  readonly lanes?: readonly Lane[] | undefined
  /** Recorded steps. */
  readonly training?: number | null | undefined
  readonly graph?: { readonly nodes: number; readonly edges: number } | null | undefined
}
export type StoredModule = Omit<ModuleRecord, 'columns' | 'training' | 'graph'> & TensorsOfModule

export type Lane = keyof ColumnRecord
export const LANES = ['bits', 'error', 'hessian', 'factor', 'norm'] as const satisfies readonly Lane[]

/** Rows of the training's tensor. */
const SERIES = [
  'step',
  'loss',
  'quantization',
  'chosen',
  'bits',
  'entropy',
  'temperature',
] as const satisfies readonly (keyof TrainingRecord)[]

export function storedModule({ columns, training, graph, ...module }: ModuleRecord): StoredModule {
  return {
    ...module,
    lanes: LANES.filter((lane) => columns[lane]),
    training: training?.step.length ?? null,
    graph: graph && { nodes: graph.nodes.length, edges: graph.weight.length },
  }
}

export function moduleTensors({ name, in: width, columns, training, graph }: ModuleRecord): TensorToWrite[] {
  const lanes = LANES.flatMap((lane) => columns[lane] ?? [])
  const tensors = [inMemory(columnsTensor(name), 'F32', [lanes.length, width], lanes)]
  if (training) {
    const series = SERIES.map((key) => training[key])
    tensors.push(inMemory(trainingTensor(name), 'F32', [series.length, training.step.length], series))
  }
  if (graph) {
    const { nodes, from, to, weight } = graph
    tensors.push(
      inMemory(graphTensor(name, 'nodes'), 'U32', [nodes.length], [nodes]),
      inMemory(graphTensor(name, 'edges'), 'U32', [2, from.length], [from, to]),
      inMemory(graphTensor(name, 'weight'), 'F32', [weight.length], [weight]),
    )
  }
  return tensors
}

type Tensors = ModelSource['tensors']

/** The whole record of a module; FormatError when its tensors are not those the JSON speaks of. */
export async function readModule(tensors: Tensors, stored: StoredModule): Promise<ModuleRecord> {
  const { lanes: _, training, graph, ...module } = stored
  return {
    ...module,
    columns: await readColumns(tensors, stored),
    training: typeof training === 'number' ? await readTraining(tensors, module.name, training) : null,
    graph: graph ? await readGraph(tensors, stored, graph) : null,
  }
}

async function readColumns(tensors: Tensors, { name, in: width, lanes }: StoredModule): Promise<ColumnRecord> {
  const shapes = lanes ? [[lanes.length, width]] : [2, 3].map((rows) => [rows, width])
  const entry = storedTensor(tensors, columnsTensor(name), 'F32', shapes)
  const row = rowsOf(new Float32Array((await entry.read()).buffer), width)
  const names: readonly Lane[] = lanes ?? LANES.slice(0, entry.shape[0])
  const lane = (key: Lane) => (names.includes(key) ? row(names.indexOf(key)) : null)
  const [bits, error] = [lane('bits'), lane('error')]
  if (!bits || !error || new Set(names).size < names.length)
    throw new FormatError(
      `${name}: expected lanes with bits and error, each once, got ${names.join(', ')} — the file is damaged; pack the model again`,
    )
  return { bits, error, hessian: lane('hessian'), factor: lane('factor'), norm: lane('norm') }
}

async function readTraining(tensors: Tensors, name: string, steps: number): Promise<TrainingRecord> {
  const entry = storedTensor(tensors, trainingTensor(name), 'F32', [[SERIES.length, steps]])
  const row = rowsOf(new Float32Array((await entry.read()).buffer), steps)
  const series = Object.fromEntries(SERIES.map((key, index) => [key, row(index)]))
  return series as Record<(typeof SERIES)[number], Float32Array<ArrayBuffer>>
}

async function readGraph(
  tensors: Tensors,
  { name, in: width }: StoredModule,
  size: { readonly nodes: number; readonly edges: number },
): Promise<GraphRecord> {
  const read = async (part: Parameters<typeof graphTensor>[1], dtype: string, shape: readonly number[]) =>
    (await storedTensor(tensors, graphTensor(name, part), dtype, [shape]).read()).buffer
  const nodes = new Uint32Array(await read('nodes', 'U32', [size.nodes]))
  const ends = new Uint32Array(await read('edges', 'U32', [2, size.edges]))
  const weight = new Float32Array(await read('weight', 'F32', [size.edges]))
  const outside = nodes.some((column) => column >= width) || ends.some((node) => node >= size.nodes)
  if (outside)
    throw new FormatError(
      `${name}: expected a graph among ${width} columns, got an edge or a node outside of it — the file is damaged; pack the model again`,
    )
  return { nodes, from: ends.slice(0, size.edges), to: ends.slice(size.edges), weight }
}

const rowsOf = (values: Float32Array<ArrayBuffer>, width: number) => (index: number) =>
  values.slice(index * width, (index + 1) * width)
