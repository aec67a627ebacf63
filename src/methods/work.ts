/** What a run of a method does beside what every calibrated run does, for the forecast of its time. */
export interface Work {
  readonly flops: number
  readonly dispatches: number
}

export const sumWork = (parts: readonly Work[]): Work => ({
  flops: parts.reduce((sum, { flops }) => sum + flops, 0),
  dispatches: parts.reduce((sum, { dispatches }) => sum + dispatches, 0),
})

/** The calibration data that a recipe asks for. */
export interface CalibrationSize {
  /** Windows of `length` tokens. */
  readonly samples: number
  readonly length: number
}
