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
  /** Values of other options, all of which must hold for this one to matter; without, it always does. */
  readonly when?: Conditions
} & (
  | {
      readonly type: 'text'
      /** What a value must match, as the source of a regular expression; null where anything goes. */
      readonly pattern: string | null
      readonly placeholder: string
      readonly default: string
    }
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

/** By key of an option: the values it may have. */
export type Conditions = Readonly<Record<string, readonly (string | number | boolean)[]>>

/** Whether an option has a say beside these values. */
export const matters = ({ when }: OptionDescription, options: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(when ?? {}).every(([key, values]) => values.some((value) => value === options[key]))
