/** Plain records of a model that is not run yet: what it is, and what a run of it takes. */

import type { EffectiveBits } from './records'

/** A linear layer that a run will quantize, known before the run. */
export interface PlannedModule {
  readonly name: string
  readonly layer: number
  readonly role: string
  readonly out: number
  readonly in: number
}

/** What a model is and what it would need here. */
export interface Inspection {
  readonly name: string
  readonly kind: 'hf-checkpoint' | 'gguf' | 'bitloom' | 'gptq' | 'compressed-tensors'
  readonly architecture: string
  readonly parameters: number
  readonly bytes: number
  readonly spec: Readonly<Record<string, number | string | boolean | null>>
  readonly tensors: readonly {
    readonly name: string
    readonly dtype: string
    readonly shape: readonly number[]
    readonly bytes: number
  }[]
  /** The linears that a run quantizes, block by block; none of a packed model. */
  readonly modules: readonly PlannedModule[]
  readonly bits: EffectiveBits | null
  /** The model says how it wants to be spoken to. */
  readonly chat: boolean
  readonly forecast: MemoryForecast
  /** What a person should know of this model before using it. */
  readonly warnings: readonly string[]
  /** Why it cannot run here whatever the recipe; the forecast names what a recipe runs into beside. */
  readonly problems: readonly string[]
}

/** Bytes of GPU memory at the peak, by what takes them. */
export interface GpuForecast {
  readonly weights: number
  readonly hessians: number
  readonly activations: number
  readonly peak: number
  /** Largest single binding, against what the device allows. */
  readonly largestBinding: number
  readonly bindingLimit: number
  /** Why the recipe cannot run on this device; empty when it can. */
  readonly problems: readonly string[]
}

/** Where a run keeps the hidden states of its calibration data between blocks. */
export type StatesPlace = 'gpu' | 'host' | 'disk'

/** What a run takes of the GPU's memory, of the host's and of the disk, in bytes. */
export interface MemoryForecast extends GpuForecast {
  readonly states: StatesPlace
  /** At the peak, beside the GPU's. */
  readonly host: number
  /** Written during the run: states that are kept there, and the packed result. */
  readonly disk: number
}

/** Bytes that a run may take. */
export interface Budget {
  readonly bytes: number
  /** Stated or measured: a run that takes more is refused. One that is not firm only decides where states are kept. */
  readonly firm: boolean
}

/** What a run may take of each memory; null where nobody knows. */
export interface Room {
  readonly gpu: Budget | null
  /** Beside the GPU's. */
  readonly host: Budget | null
  readonly disk: Budget | null
}

/** What a run by a recipe takes on this device. */
export interface RunForecast extends MemoryForecast {
  /** About how long; null for methods that say nothing of it, and where there is no device to measure. */
  readonly seconds: number | null
}
