/** A method as its form needs it: derived from the method's schema. */
export interface MethodDescription {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly needsCalibration: boolean
  readonly options: readonly OptionDescription[]
}

export type OptionDescription = {
  readonly key: string
  readonly label: string
  readonly help: string
  readonly advanced: boolean
} & (
  | {
      readonly type: 'number'
      readonly min: number
      readonly max: number
      readonly step: number
      readonly default: number
    }
  | {
      readonly type: 'choice'
      readonly choices: readonly { readonly value: string | number; readonly label: string }[]
      readonly default: string | number
    }
  | { readonly type: 'boolean'; readonly default: boolean }
)
