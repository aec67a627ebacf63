import { FormatError } from '../../errors'
import type {
  ColumnRecord,
  GraphRecord,
  ModuleRecord,
  PublishedBits,
  ReconstructionRecord,
  TrainingRecord,
} from '../../records'
import type { TensorToWrite } from '../safetensors-writer'
import type { ModelSource } from '../source'
import { groupingTensors, readGrouping, type StoredGrouping, storedGrouping } from './grouping-tensors'
import { columnsTensor, graphTensor, reconstructionTensor, trainingTensor } from './names'
import { inMemory, storedTensor } from './tensors'

/** What a report's JSON says of the tensors that hold the rest of a module's record, and what older files lack. */
export interface TensorsOfModule {
  /** Names of the rows of the columns' tensor; without, as version 1 had them: bits, error, and hessian if there is a third. */
  readonly lanes?: readonly Lane[] | undefined
  /** Recorded steps. */
  readonly training?: number | null | undefined
  readonly graph?: { readonly nodes: number; readonly edges: number } | null | undefined
  readonly published?: PublishedBits | null | undefined
  readonly grouping?: StoredGrouping | null | undefined
  readonly flips?: number | null | undefined
  /** Recorded steps. */
  readonly reconstruction?: number | null | undefined
}
export type StoredModule = Omit<ModuleRecord, 'columns' | keyof Omit<TensorsOfModule, 'lanes'>> & TensorsOfModule

export type Lane = keyof ColumnRecord
export const LANES = ['bits', 'error', 'hessian', 'factor', 'norm', 'salient'] as const satisfies readonly Lane[]

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

/** Rows of the reconstruction's tensor. */
const STEPS = ['step', 'loss', 'soft', 'flips'] as const satisfies readonly (keyof ReconstructionRecord)[]

export function storedModule({
  columns,
  training,
  graph,
  grouping,
  reconstruction,
  ...module
}: ModuleRecord): StoredModule {
  return {
    ...module,
    lanes: LANES.filter((lane) => columns[lane]),
    training: training?.step.length ?? null,
    graph: graph && { nodes: graph.nodes.length, edges: graph.weight.length },
    grouping: grouping && storedGrouping(grouping),
    reconstruction: reconstruction?.step.length ?? null,
  }
}

export function moduleTensors(module: ModuleRecord): TensorToWrite[] {
  const { name, in: width, columns, training, graph, grouping, reconstruction } = module
  const lanes = LANES.flatMap((lane) => columns[lane] ?? [])
  const tensors = [inMemory(columnsTensor(name), 'F32', [lanes.length, width], lanes)]
  if (training) tensors.push(seriesTensor(trainingTensor(name), training, SERIES))
  if (reconstruction) tensors.push(seriesTensor(reconstructionTensor(name), reconstruction, STEPS))
  if (graph) {
    const { nodes, from, to, weight } = graph
    tensors.push(
      inMemory(graphTensor(name, 'nodes'), 'U32', [nodes.length], [nodes]),
      inMemory(graphTensor(name, 'edges'), 'U32', [2, from.length], [from, to]),
      inMemory(graphTensor(name, 'weight'), 'F32', [weight.length], [weight]),
    )
  }
  if (grouping) tensors.push(...groupingTensors(name, grouping))
  return tensors
}

/** Numbers of every recorded step, a row a key. */
type Series<K extends string> = Readonly<Record<K, Float32Array<ArrayBuffer>>>

function seriesTensor<K extends string>(name: string, record: Series<K>, keys: readonly K[]): TensorToWrite {
  const rows = keys.map((key) => record[key])
  return inMemory(name, 'F32', [rows.length, rows[0]!.length], rows)
}

type Tensors = ModelSource['tensors']

/** The whole record of a module; FormatError when its tensors are not those the JSON speaks of. */
export async function readModule(tensors: Tensors, stored: StoredModule): Promise<ModuleRecord> {
  const { lanes: _, training, graph, published, grouping, flips, reconstruction, ...module } = stored
  const { name } = module
  return {
    ...module,
    columns: await readColumns(tensors, stored),
    training: typeof training === 'number' ? await readSeries(tensors, trainingTensor(name), SERIES, training) : null,
    graph: graph ? await readGraph(tensors, stored, graph) : null,
    published: published ?? null,
    grouping: grouping ? await readGrouping(tensors, name, grouping) : null,
    flips: flips ?? null,
    reconstruction:
      typeof reconstruction === 'number'
        ? await readSeries(tensors, reconstructionTensor(name), STEPS, reconstruction)
        : null,
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
  const [hessian, factor, norm, salient] = [lane('hessian'), lane('factor'), lane('norm'), lane('salient')]
  return { bits, error, hessian, factor, norm, salient }
}

async function readSeries<K extends string>(
  tensors: Tensors,
  name: string,
  keys: readonly K[],
  steps: number,
): Promise<Series<K>> {
  const entry = storedTensor(tensors, name, 'F32', [[keys.length, steps]])
  const row = rowsOf(new Float32Array((await entry.read()).buffer), steps)
  return Object.fromEntries(keys.map((key, index) => [key, row(index)])) as Series<K>
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
