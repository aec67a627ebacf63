import type { z } from 'zod'
import type { QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import type { Hessian } from '../linalg/hessian'
import type { LinearSpec, ModelSpec } from '../models/spec'
import type { GraphRecord, Progress, TrainingRecord } from '../records'
import type { Preset } from './description'
import type { MethodMemory } from './memory'

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
  /** Whether the block's original inputs and weights stay beside the quantized ones, for `Hessian.cross`. */
  comparesStreams?(options: Options): boolean
  /** What a run with these options takes of the GPU. */
  memory(options: Options): MethodMemory
  /** What must be known of the whole model before its first block is quantized; goes to `quantize`. */
  plan?(model: ModelContext, options: Options): Promise<Plan>
  quantize(block: BlockContext, options: Options, plan: Plan): AsyncGenerator<QuantizedModule, void>
}

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
}

/** What a method tells while it works, before a linear is finished. */
export type MethodEvent = Extract<Progress, { type: 'training' }>

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
   * Hessians of the inputs of some stages (0: q, k, v; 1: o; 2: gate, up; 3: down), from the stream that went through
   * everything quantized so far, this block's finished linears included. One pass over the calibration data. They
   * hold their `cross` where the method compares streams.
   */
  hessians(stages: readonly number[]): Promise<ReadonlyMap<number, Hessian>>
  /** Shows the person how far something long has come; as often as the method likes. */
  report(event: MethodEvent): void
  /** Throws CancelledError once the person has asked to stop. */
  checkCancelled(): void
}
