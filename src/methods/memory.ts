import type { LinearSpec, ModelSpec } from '../models/spec'

/** Of a tensor of 4-byte elements. */
export type Shape = readonly number[]

/** Tensors that a method holds at one of its fullest moments, beside those of its context, by what they belong to. */
export interface Moment {
  readonly hessians?: readonly Shape[]
  readonly weights?: readonly Shape[]
  readonly activations?: readonly Shape[]
}

/** The calibration windows around a block. */
export interface BlockWindows {
  /** Windows of all batches, and of the largest. */
  readonly samples: number
  readonly together: number
  /** Tokens of a window. */
  readonly length: number
}

/** What a method takes of the GPU while it works, for the forecast of a run's peak. */
export interface MethodMemory {
  /** Whether Hessians of all stages are there together, or those of one stage at a time. */
  readonly together: boolean
  /** From the first Hessians of a block to its last linear. */
  readonly throughout: readonly Shape[]
  /** From the first linear of a stage to the last, also while one is handed over; `columns` of its input. */
  kept(columns: number): readonly Shape[]
  /** While the block is worked on as a whole, before the Hessians of its linears are there. */
  block?(model: ModelSpec, windows: BlockWindows): readonly Moment[]
  /** Gradient steps on the whole block, after `block` and before its linears are handed over. */
  readonly reconstruction?: ReconstructionMemory | null
  /** Before the first linear of a stage is worked on, and for all of them. */
  stage(linears: readonly LinearSpec[]): readonly Moment[]
  /** While one linear is worked on. */
  linear(linear: LinearSpec): readonly Moment[]
  /** Before the first block; null when nothing is planned. */
  readonly plan: PlanMemory | null
  /** The largest tensor of a linear that nothing can split, where it may exceed weights and Hessian. */
  largest?(linear: LinearSpec): { readonly what: string; readonly shape: Shape; readonly remedy: string } | null
}

/** Of a method that takes gradient steps on a whole block, as `Reconstruction` does. */
export interface ReconstructionMemory {
  /** Held for every linear while steps are taken, beside its weights: what is learned, what the optimiser remembers. */
  perWeight(linear: LinearSpec): readonly Shape[]
  /** What of it is held on until the linear is handed over. */
  after(linear: LinearSpec): readonly Shape[]
  /** Windows a step. */
  readonly batch: number
  /** Whether Hessians of all stages are there meanwhile. */
  readonly hessians: boolean
}

export interface PlanMemory {
  /** Whether gradients are asked for. */
  readonly sensitivities: boolean
  /** While the blocks are looked at, all Hessians of one there together; null when they are not. */
  readonly stage: MethodMemory['stage'] | null
}

/** U, its order and diag H, as `factorize` gives them. */
export const factorShapes = (n: number): Shape[] => [[n, n], [n], [n]]

/** What `factorize` holds at its fullest, beside the place of what it gives. */
export const factoring = (n: number): Moment => ({
  hessians: [
    [n, n],
    [n, n],
  ],
})

export const countOf = (shape: Shape): number => shape.reduce((all, n) => all * n, 1)
