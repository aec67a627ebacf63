import type { Measurement } from '../../bench/suite'
import type { FileView } from '../file-records'
import type { GpuInfo } from '../gpu/device'
import type { Inspection, RunForecast } from '../inspection-records'
import type {
  DivergenceReport,
  PerplexityReport,
  ScanUnit,
  SensitivityReport,
  TaskKind,
  Verification,
  ZeroShotReport,
} from '../measurement-records'
import type { MethodDescription } from '../methods/description'
import type { KvType } from '../models/kv-cache'
import type { Distributions, Extent } from '../pipeline/distributions'
import type { ExportFacts, ExportFormat } from '../pipeline/exports'
import type { Progress, Recipe, RunReport } from '../records'
import type { ArchiveApi } from './archive-api'
import type { HubApi } from './hub-api'
import type { MatrixApi } from './matrix-api'
import type { ResultOrigin, RunsApi } from './runs-api'
import type { ViewApi } from './view-api'

export {
  type MethodDescription,
  matters,
  type OptionDescription,
  presetOf,
  presetOptions,
} from '../methods/description'
export type { CodeTally, Distributions } from '../pipeline/distributions'
export type { ExportFacts, ExportFormat } from '../pipeline/exports'
export { entropyBits, type Histogram } from '../pipeline/histogram'

/** `temperature` 0 takes the likeliest tokens; `topK` 0 draws from all. */
export interface GenerationOptions {
  readonly maxNewTokens: number
  readonly sampling: { readonly temperature: number; readonly topK: number; readonly topP: number }
  readonly seed: number
  /** How keys and values are kept. */
  readonly kv: KvType
  /** The prompt is a message, put into the model's chat template; `system` is what the model is told before. */
  readonly chat?: { readonly system?: string | undefined } | undefined
}

export interface GenerationReport {
  /** What the model was given: the prompt, or what the chat template made of it. */
  readonly prompt: string
  readonly text: string
  readonly newTokens: number
  /** Before the clock of the others started. */
  readonly compileMs: number
  /** Null where there is no token; `tokensPerSecond`, of those after the first, where there is no second. */
  readonly timeToFirstTokenMs: number | null
  readonly tokensPerSecond: number | null
  /** The most GPU memory held. */
  readonly memoryBytes: number
}

/** Everything the page may ask of the engine's worker; the only file both sides share. Errors keep their family. */
export interface EngineApi {
  /**
   * Takes a device; rejects with GpuUnavailableError where there is none. `methods` and the opening of models work
   * without one: the memory forecast then assumes WebGPU's default limits.
   */
  start(): Promise<GpuInfo>
  methods(): Promise<MethodDescription[]>

  /**
   * Adds files to the pile being opened; says whether they make a model yet. `reset` starts a new pile. Rejects with
   * FormatError for files that are none of a model's: the pile, and the model that is open, stay as they were.
   * `folder` is what the folder was called that the files came in: it names the model. Files with weights that are no model which
   * runs are opened for looking.
   */
  offerFiles(files: File[], reset: boolean, folder: string | null): Promise<OpenResult>
  /** Fetches a model bundled with the page. */
  openBundled(name: string, onProgress: (progress: Progress) => void): Promise<OpenResult>
  /** Opens a model of the Hub that is here whole; needs no connection. */
  openCached(folder: string, name: string): Promise<OpenResult>
  readonly hub: HubApi
  /** Looking into the files that are open; goes on beside all else. */
  readonly view: ViewApi
  /** Opens the pile that waits for other files, for looking. */
  lookAtPile(): Promise<OpenResult>

  /** What a run takes on this device; asked for first, its time is measured there, which takes a moment. */
  forecast(recipe: Recipe): Promise<RunForecast>
  /** The runs that this browser keeps, to be taken up again. */
  readonly runs: RunsApi
  /** The runs that it keeps for good: their records, and packed results where a person wants that. */
  readonly archive: ArchiveApi
  /** Where the result of the last run, or of one that was opened again, came from; null where there is none. */
  origin(): Promise<ResultOrigin | null>
  /**
   * Opens the packed result of a run of the open model, by its folder, without quantizing. FormatError where the run is of another model,
   * StorageError where its blocks are not all there.
   */
  reopenRun(folder: string): Promise<RunReport>
  /**
   * Rejects with CancelledError after `cancel`. A result that was there before stays as it was. Goes on with the `kept` run, by
   * its id; without, with one of the same recipe, text and model that was broken off.
   */
  quantize(
    recipe: Recipe,
    calibration: TextInput | null,
    onProgress: (progress: Progress) => void,
    kept?: string | null,
  ): Promise<RunReport>
  /** Makes the run under way wait at its next checkpoint, inside a block too, until `resume` or `cancel`. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Stops whatever is under way: a run, a measurement, a generation; that call rejects with CancelledError. */
  cancel(): Promise<void>

  perplexity(
    which: 'original' | 'quantized',
    text: TextInput,
    options: PerplexityOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<PerplexityReport>
  /** How far the result's predictions are from the original's; both must be there. */
  divergence(
    text: TextInput,
    options: PerplexityOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<DivergenceReport>
  /** What the original loses where one unit of it alone is rounded. */
  scan(text: TextInput, options: ScanOptions, onProgress: (progress: Progress) => void): Promise<SensitivityReport>
  /** What a file of JSON lines is as a zero-shot task. FormatError names the line that is none. */
  inspectTask(file: File): Promise<TaskInfo>
  zeroShot(
    which: 'original' | 'quantized',
    file: File,
    options: ZeroShotOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<ZeroShotReport>
  /** Continues a text or answers a message. `onText` gets each new piece; resolves to all of them together, without the prompt. */
  generate(
    which: 'original' | 'quantized',
    prompt: string,
    options: GenerationOptions,
    onText: (text: string) => void,
  ): Promise<GenerationReport>

  readonly matrix: MatrixApi

  /**
   * How the weights of a quantized matrix lie, before and after; a first `look` at some of its rows answers at once. Rejects
   * with CancelledError when the next is asked for.
   */
  distributions(module: string, extent: Extent): Promise<Distributions>

  /** What `benchmark` can measure, and the device in detail: null where there is none. */
  benchmarks(): Promise<{ groups: BenchmarkGroup[]; device: BenchmarkDevice | null }>
  /** Times works on the device. `cancel` is heard between two measurements. */
  benchmark(options: BenchmarkOptions, onProgress: (progress: BenchmarkProgress) => void): Promise<void>

  /** Streams the result out: the packed file, or a zipped folder. The stream is transferred, not copied. */
  download(format: ExportFormat): Promise<{ name: string; stream: ReadableStream<Uint8Array>; size: number | null }>
  /** What the result would be in a format, without writing it. */
  exportFacts(format: ExportFormat): Promise<ExportFacts>
  /** Writes the result in a format, opens that again and compares; perplexities too where a text is given. */
  verify(
    format: ExportFormat,
    measured: { readonly text: TextInput; readonly options: PerplexityOptions } | null,
    onProgress: (progress: Progress) => void,
  ): Promise<VerifyReport>
}

export interface VerifyReport {
  readonly verification: Verification
  /** Of the result and of the exported files; null where it was not asked for, or there is no device. */
  readonly perplexity: { readonly run: number; readonly file: number } | null
  /** No tensor differs, and the perplexities agree as far as the format lets them. */
  readonly equal: boolean
}

export interface TextInput {
  readonly name: string
  readonly text: string
}

export interface PerplexityOptions {
  /** `windows:L` or `llama.cpp:L`. */
  readonly protocol: string
  /** Only windows inside the first so many tokens; null for the whole text. */
  readonly maxTokens: number | null
  /** The quantized side multiplies its codes as they are stored, instead of dequantizing each block first. */
  readonly stored: boolean
}

export interface ScanOptions extends Omit<PerplexityOptions, 'stored'> {
  readonly by: ScanUnit
  /** One of the widths that codes may have. */
  readonly bits: number
  /** Columns that share a range; −1 for a row. */
  readonly groupSize: number
}

export interface TaskInfo {
  readonly name: string
  readonly kind: TaskKind
  readonly items: number
}

export interface ZeroShotOptions {
  /** Only the first so many items; null for all. */
  readonly limit: number | null
  /** As for a perplexity. */
  readonly stored: boolean
}

/** Works of one kind, by their names. */
export interface BenchmarkGroup {
  readonly title: string
  readonly works: readonly string[]
}

/** In milliseconds since 1970: page and worker count from their own start. */
export interface DeviceTimes {
  /** When the browser gave the device. */
  readonly foundAt: number
  /** When its tiles were chosen, too. */
  readonly readyAt: number
}

export interface BenchmarkDevice extends DeviceTimes {
  readonly features: readonly { readonly name: string; readonly use: 'used' | 'unused' | 'absent' }[]
  readonly limits: readonly { readonly name: string; readonly value: number }[]
}

export interface BenchmarkOptions {
  readonly works: readonly string[]
  readonly sizes: readonly number[]
  readonly runs: number
}

/** One line, as `bitloom bench --json` has it: what the page reads of it. */
export type BenchmarkRow = Pick<Measurement, 'work' | 'n' | 'ms' | 'gflops' | 'gbPerSecond' | 'runs'> & {
  /** Of the kernels alone, where the device has a clock. */
  readonly gpuMs?: number | null
}

export type BenchmarkProgress =
  /** At work now; sizes that a work does not take, or that the device has no room or takes too long for, give no row. */
  | { readonly type: 'work'; readonly work: string; readonly n: number; readonly done: number; readonly total: number }
  | { readonly type: 'row'; readonly row: BenchmarkRow; readonly startUp: StartUp }

/** What this benchmark had to wait for before it could measure. */
export interface StartUp {
  /** When the device had done its first dispatch, in milliseconds since 1970. */
  readonly firstDispatchAt: number | null
  readonly compiled: { readonly pipelines: number; readonly ms: number }
}

export type OpenResult =
  | {
      readonly state: 'ready'
      readonly inspection: Inspection
      readonly report: RunReport | null
      readonly view: FileView
    }
  | { readonly state: 'incomplete'; readonly missing: readonly string[]; readonly have: readonly string[] }
  /** Can be looked at, not run, and why. */
  | { readonly state: 'view'; readonly view: FileView; readonly reason: string }
