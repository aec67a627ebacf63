/** What a run of a method does beside what every calibrated run does, for the forecast of its time. */
export interface Work {
  /** Optimiser steps of the whole run. */
  readonly steps: number
  readonly flops: number
  readonly dispatches: number
}

/** The calibration data that a recipe asks for. */
export interface CalibrationSize {
  /** Windows of `length` tokens. */
  readonly samples: number
  readonly length: number
}
