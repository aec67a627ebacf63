/** A method as its form needs it: derived from the method's schema. */
export interface MethodDescription {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly needsCalibration: boolean
  readonly options: readonly OptionDescription[]
  /** Settings that go together, by name; none for most methods. */
  readonly presets: readonly Preset[]
}

/** Values of several options under one name. */
export interface Preset {
  readonly name: string
  readonly label: string
  readonly summary: string
  /** What it sets; an option that only other presets of the method set has its default. */
  readonly options: Readonly<Record<string, unknown>>
  /** The calibration data it is meant for; where missing, it leaves them as they are. */
  readonly calibration?: { readonly samples: number; readonly length: number }
}

type Presets = Pick<MethodDescription, 'options' | 'presets'>

/** The options that presets decide, as this one decides them; all others are the person's to choose beside it. */
export function presetOptions({ options, presets }: Presets, { options: chosen }: Preset): Record<string, unknown> {
  const decided = new Set(presets.flatMap((preset) => Object.keys(preset.options)))
  return Object.fromEntries(
    options.filter(({ key }) => decided.has(key)).map((option) => [option.key, chosen[option.key] ?? option.default]),
  )
}

/** What of a recipe a preset may decide. */
interface Followed {
  readonly options: Readonly<Record<string, unknown>>
  readonly calibration: { readonly samples: number; readonly length: number }
}

/** The preset whose options a recipe of this method has, and whether it has its calibration too; null for none. */
export function presetOf(
  method: Presets,
  { options, calibration }: Followed,
): { readonly preset: Preset; readonly whole: boolean } | null {
  const preset = method.presets.find((candidate) =>
    Object.entries(presetOptions(method, candidate)).every(([key, value]) => options[key] === value),
  )
  if (!preset) return null
  const { samples, length } = preset.calibration ?? calibration
  return { preset, whole: samples === calibration.samples && length === calibration.length }
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
