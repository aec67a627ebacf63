import type { z } from 'zod'
import type { QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import type { Hessian } from '../linalg/hessian'
import type { RopeTables } from '../models/rope-tables'
import type { LinearSpec, ModelSpec } from '../models/spec'
import type { BlockWeights } from '../models/weights'
import type {
  GraphRecord,
  GroupingRecord,
  Progress,
  PublishedBits,
  ReconstructionRecord,
  TrainingRecord,
} from '../records'
import type { Preset } from './description'
import type { MethodMemory } from './memory'
import type { CalibrationSize, Work } from './work'

/**
 * A quantization method: one folder, one paper. It sees one decoder block at a time and hands over each linear as soon
 * as its codes are final; what it hands over replaces the original in the block before it is asked for the next.
 */
export interface Method<Options, Plan = void> {
  readonly id: string
  readonly title: string
  readonly summary: string
  /** The source of form, CLI flags and documentation. */
  readonly schema: z.ZodType<Options>
  /** Settings that go together, the one of the defaults first. */
  readonly presets?: readonly Preset[]
  readonly needsCalibration: boolean
  /** Where what it does before the first linear is work on others too, by which its time is then shared. */
  together?(options: Options): Together
  /** Whether the block's original inputs and weights stay beside the quantized ones, for `Hessian.cross`. */
  comparesStreams?(options: Options): boolean
  /** What a run with these options takes of the GPU. */
  memory(options: Options): MethodMemory
  /** What a run does beside calibration; only where that decides how long it takes. */
  work?(options: Options, model: ModelSpec, calibration: CalibrationSize): Work
  /** Records what it does to a linear of this shape, on tensors that hold nothing: to be compiled, not to be run. */
  warmUp?(gpu: Gpu, rec: Recorder, linear: LinearSpec, options: Options): void
  /**
   * What must be known of the whole model before its first block is quantized; goes to `quantize`. A plain value
   * (`src/formats/plain.ts`), or null: it is kept with the run's blocks.
   */
  plan?(model: ModelContext, options: Options): Promise<Plan>
  quantize(block: WorkingBlock, options: Options, plan: Plan): AsyncGenerator<QuantizedModule, void>
}

/** The linears that a method works on before it hands over the first of them: of one stage, or all of a block. */
export type Together = 'stage' | 'block'

/** What a method may see of the whole model before it quantizes: the original weights and their inputs. */
export interface ModelContext {
  readonly gpu: Gpu
  readonly model: ModelSpec
  readonly seed: number
  /** Blocks in order, with Hessians of the original stream. */
  forEachBlock(visit: (block: BlockContext) => Promise<void>): Promise<void>
  /**
   * Mean over tokens of the squared gradient of the summed next-token loss at every output of every linear, by the
   * linear's full name, [out]: what an error of that output costs to second order.
   */
  sensitivities(): Promise<ReadonlyMap<string, Float32Array<ArrayBuffer>>>
  report(event: MethodEvent): void
  checkCancelled(): void
}

/** One finished linear and what its method has to say of it. */
export interface QuantizedModule {
  readonly spec: LinearSpec
  readonly linear: QuantizedLinear
  /** Damping the factorization needed, as a part of mean diag H; null where there was none. */
  readonly damping: number | null
  readonly deadColumns: number
  readonly warnings: readonly string[]
  /** U_jj of the factor of the inverse Hessian, in the original order of columns. */
  readonly factor?: Float32Array<ArrayBuffer> | null
  /** How the widths of the columns were learned. */
  readonly training?: TrainingRecord | null
  readonly graph?: GraphRecord | null
  /** The bits that the method's paper would name for this linear, where it does not count all that is stored. */
  readonly published?: PublishedBits | null
  readonly grouping?: GroupingRecord | null
  /** Part of the codes that differ from rounding to nearest on the same grid; null where codes are not learned. */
  readonly flips?: number | null
  /** How the block was reconstructed, with the last linear of the block. */
  readonly reconstruction?: ReconstructionRecord | null
}

/** What a method tells while it works, before a linear is finished. */
export type MethodEvent = Extract<Progress, { type: 'training' | 'reconstruction' }>

/** What a method may use of the block it works on. All tensors belong to the context. */
export interface BlockContext {
  readonly gpu: Gpu
  readonly model: ModelSpec
  readonly layer: number
  /** Runs of the same seed draw the same numbers. */
  readonly seed: number
  /** Full name of a linear, e.g. 'model.layers.3.mlp.up_proj'. */
  nameOf(linear: LinearSpec): string
  /** The linear's original weights, f32 [out, in]. */
  weight(linear: LinearSpec): Tensor
  /**
   * Hessians of the inputs of some stages (`LinearSpec.stage`), from the stream that went through
   * everything quantized so far, this block's finished linears included. One pass over the calibration data. They
   * hold their `cross` where the method compares streams.
   */
  hessians(stages: readonly number[]): Promise<ReadonlyMap<number, Hessian>>
  /** Shows the person how far something long has come; as often as the method likes. */
  report(event: MethodEvent): void
  /** Throws CancelledError once the person has asked to stop. */
  checkCancelled(): void
}

/** A block while a method works on it: beside what planning sees, the block itself and the hidden states around it. */
export interface WorkingBlock extends BlockContext {
  /** The block as it is now: finished linears hold what was stored of them. */
  readonly weights: BlockWeights
  readonly rope: RopeTables
  /**
   * Multiplies the columns of a stage's linears by `scales` [in] and divides what produces their input by them, which is
   * what `feedOf` (src/models/feeds.ts) names: only for stages where there is something. The block computes what it did,
   * `weight` and later `hessians` follow. Norms are stored as they are then. Only before any linear of the block is
   * finished.
   */
  rescale(stage: number, scales: Tensor): Promise<void>
  /** Inputs of the block and what the original block makes of its own. Not for methods that compare streams. */
  samples(): Samples
  /** Lets the person's wish to stop (throws CancelledError) or to pause (waits) take effect: between steps that are long together. */
  checkpoint(): Promise<void>
}

/** A calibration window: its batch, and its first row there. */
export interface Place {
  readonly batch: number
  readonly row: number
}

/** Calibration windows around a block. */
export interface Samples {
  /** Tokens of a window. */
  readonly length: number
  /** Windows of all batches. */
  readonly count: number
  /** Windows of every batch. */
  readonly batches: readonly number[]
  /**
   * Records some windows one after another as a new tensor [windows·length, hidden]: `input` from the stream that went
   * through everything quantized so far, `target` what the original block gives for the original input of the same tokens.
   */
  windows(rec: Recorder, places: readonly Place[], what: 'input' | 'target'): Promise<Tensor>
}
