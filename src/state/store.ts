import { createStore, type StoreApi } from 'zustand/vanilla'
import type { FileView } from '../file-records'
import type { GpuInfo } from '../gpu/device'
import type { Inspection, RunForecast } from '../inspection-records'
import type { SensitivityReport } from '../measurement-records'
import type { Phase, Recipe, RunReport } from '../records'
import type { GenerationReport, MethodDescription, TaskInfo } from '../workers/api'
import type { KeptRun } from '../workers/runs-api'
import { type Archive, noArchive } from './archive'
import { type Benchmark, noBenchmark } from './benchmark'
import type { Catalog } from './catalog'
import type { ExportsKnown } from './exports'
import type { Failure } from './failure'
import { type Hub, noHub } from './hub'
import { type MatrixChoices, startingChoices } from './matrix-choices'
import type { DivergenceLine, Measurement } from './measurements'
import type { PlannedModule } from './modules'
import { notOffline, type Offline } from './offline'
import type { RunState } from './progress'
import type { RunRecord } from './runs'
import type { TaskLine } from './task-lines'
import type { Removed } from './undo'

/** Everything the page knows: plain records, never a GPU object, a file or a tensor's bytes. */
export interface StudioState {
  readonly engine: EngineState
  readonly methods: readonly MethodDescription[]
  readonly catalog: Catalog
  /** What keeps the engine; one thing at a time. */
  readonly busy: Busy | null
  readonly opening: Opening
  readonly hub: Hub
  /** Runs that the browser keeps, the latest first. */
  readonly kept: readonly KeptRun[]
  /** Finished runs that are kept for good. */
  readonly archive: Archive
  readonly model: OpenModel | null
  /** The files that are open, of a model that runs or only to be looked at. */
  readonly view: OpenView | null
  readonly recipe: Recipe | null
  readonly forecast: RunForecast | null
  readonly run: RunState | null
  readonly result: Result | null
  /** Finished runs of this sitting, oldest first. */
  readonly runs: readonly RunRecord[]
  /** Two of them, by their numbers, whose widths are held against each other. */
  readonly compared: Compared
  /** What is held against the result's weights in the matrix map, and the model it was chosen for. */
  readonly other: { readonly model: string; readonly name: string } | null
  readonly sweep: Sweep | null
  readonly evaluation: Evaluation
  readonly selected: string | null
  /** The module that the pointer is on, in whichever view. */
  readonly hovered: string | null
  /** What colours the model map; null lets the page choose. */
  readonly measure: Measure | null
  /** What a cell of the model map that stands for several experts shows of them; null lets the measure choose. */
  readonly spread: Spread | null
  /** How the selected matrix is looked at. */
  readonly matrix: MatrixChoices
  readonly measurements: readonly Measurement[]
  /** Comparisons of results with their originals, newest last. */
  readonly divergences: readonly DivergenceLine[]
  /** The last sensitivity scan, and what it was of. */
  readonly scan: { readonly model: string; readonly report: SensitivityReport } | null
  /** Zero-shot tasks that were added, and what was measured on them. */
  readonly tasks: readonly TaskFile[]
  /** Items of each, 0 for all; null lets the page choose. */
  readonly taskLimit: number | null
  readonly taskLines: readonly TaskLine[]
  readonly work: Work | null
  readonly generation: Generation
  readonly ownTexts: readonly { readonly name: string; readonly bytes: number }[]
  readonly benchmark: Benchmark
  readonly offline: Offline
  /** What was removed last, while that can be undone. */
  readonly removed: Removed | null
  /** The last failure of each place, shown where it happened until it is tried again there. */
  readonly failures: Readonly<Partial<Record<Place, Failure>>>
}

export type StepId = 'open' | 'inspect' | 'recipe' | 'run' | 'look' | 'measure' | 'take'
/** Where the engine is asked for something: a step, or a page beside the path. */
export type Place = StepId | 'benchmark' | 'runs'
export type Busy =
  | 'open'
  | 'run'
  | 'measure'
  | 'compare'
  | 'scan'
  | 'score'
  | 'generate'
  | 'save'
  | 'verify'
  | 'benchmark'
export type Measure = 'bits' | 'share' | 'output' | 'weight' | 'saliency' | 'flips' | 'dead' | 'damping' | 'seconds'
export type Spread = 'mean' | 'largest' | 'smallest'

export type EngineState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly gpu: GpuInfo }
  | { readonly status: 'absent'; readonly failure: Failure }
  | { readonly status: 'lost'; readonly failure: Failure }

/** The pile of files being opened; the model that was open before stays until the pile is one. */
export type Opening =
  | { readonly status: 'idle' }
  | { readonly status: 'busy'; readonly label: string; readonly done: number; readonly total: number }
  | { readonly status: 'incomplete'; readonly missing: readonly string[]; readonly have: readonly string[] }

export interface OpenModel {
  readonly inspection: Inspection
  readonly plan: readonly PlannedModule[]
  /** Counts openings, so that two models of one name are told apart. */
  readonly serial: number
}

export interface OpenView {
  readonly facts: FileView
  /** Why they can only be looked at; null with a model. */
  readonly reason: string | null
  readonly serial: number
}

/** A quantized model: its report stays readable when the engine that holds its bytes is gone. */
export interface Result {
  readonly report: RunReport
  readonly run: number
  readonly alive: boolean
  /** What the engine has told of its exports so far. */
  readonly exports: ExportsKnown
}

export interface Compared {
  readonly a: number | null
  readonly b: number | null
}

/** One recipe after another, each with another value of one option. */
export interface Sweep {
  readonly label: string
  readonly values: readonly (string | number)[]
  /** Index of the value at work. */
  readonly at: number
}

/** What perplexity is measured on; null lets the page choose. */
export interface Evaluation {
  readonly text: string | null
  readonly family: string
  readonly length: number
  /** 0 for the whole text. */
  readonly maxTokens: number | null
  /** Codes are multiplied as they are stored. */
  readonly stored: boolean | null
}

/** A file of a task; its name in the page is the file's. */
export interface TaskFile extends TaskInfo {
  readonly file: string
  readonly bytes: number
}

/** A measurement or a download under way. */
export interface Work {
  readonly label: string
  readonly phase: Phase | null
  readonly done: number
  readonly total: number
}

export interface Continuation {
  readonly text: string
  /** Null while it is under way. */
  readonly report: GenerationReport | null
}

export interface Generation {
  readonly prompt: string
  /** The prompt was a message. */
  readonly chat: boolean
  readonly original: Continuation | null
  readonly quantized: Continuation | null
  readonly running: 'original' | 'quantized' | null
}

export type StudioStore = StoreApi<StudioState>

export const createStudioStore = (): StudioStore =>
  createStore<StudioState>(() => ({
    engine: { status: 'starting' },
    methods: [],
    catalog: { models: [], texts: [] },
    busy: null,
    opening: { status: 'idle' },
    hub: noHub,
    kept: [],
    archive: noArchive,
    model: null,
    view: null,
    recipe: null,
    forecast: null,
    run: null,
    result: null,
    runs: [],
    compared: { a: null, b: null },
    other: null,
    sweep: null,
    evaluation: { text: null, family: 'windows', length: 256, maxTokens: null, stored: null },
    selected: null,
    hovered: null,
    measure: null,
    spread: null,
    matrix: startingChoices,
    measurements: [],
    divergences: [],
    scan: null,
    tasks: [],
    taskLimit: null,
    taskLines: [],
    work: null,
    generation: { prompt: '', chat: false, original: null, quantized: null, running: null },
    ownTexts: [],
    benchmark: noBenchmark,
    offline: notOffline,
    removed: null,
    failures: {},
  }))
