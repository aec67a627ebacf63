/** What a command line may say, as data: the parser, the help and the types of the values all come from here. */
export type Flag = TextFlag | TextsFlag | NumberFlag | ChoiceFlag | SwitchFlag

interface Described {
  /** A sentence for the help; the default is added to it. */
  readonly help: string
  readonly required?: true
}

export interface TextFlag extends Described {
  readonly type: 'text'
  /** Placeholder for the value in help. */
  readonly value: string
  readonly default?: string
}

/** May be given several times; none is an empty list. */
export interface TextsFlag extends Described {
  readonly type: 'texts'
  readonly value: string
}

export interface NumberFlag extends Described {
  readonly type: 'number'
  readonly value: string
  readonly default?: number
  readonly min: number
  readonly max: number
  /** Only whole numbers. */
  readonly whole: boolean
}

export interface ChoiceFlag extends Described {
  readonly type: 'choice'
  readonly choices: readonly (string | number)[]
  readonly default?: string | number
}

/** Off unless given. */
export interface SwitchFlag extends Described {
  readonly type: 'switch'
}

export type Flags = Readonly<Record<string, Flag>>
export type Value = string | number | boolean

type ValueOf<F extends Flag> =
  | (F extends SwitchFlag
      ? boolean
      : F extends TextsFlag
        ? readonly string[]
        : F extends NumberFlag
          ? number
          : F extends ChoiceFlag
            ? F['choices'][number]
            : string)
  | (F extends SwitchFlag | TextsFlag | { required: true } | { default: Value } ? never : undefined)

/** The values of a command's flags, defaults filled in. */
export type Values<F extends Flags> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** The value that a text stands for; throws an Error that says what was expected. */
export function readValue(flag: Flag, text: string): Value {
  if (flag.type === 'choice') {
    const chosen = flag.choices.find((choice) => String(choice) === text)
    if (chosen === undefined) throw new Error(`expected ${listed(flag.choices)}, got '${text}'`)
    return chosen
  }
  if (flag.type !== 'number') return text
  const { min, max, whole } = flag
  const number = /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  // written so that NaN fails, too
  if (!(number >= min && number <= max) || (whole && !Number.isInteger(number)))
    throw new Error(`expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}, got '${text}'`)
  return number
}

const listed = (choices: readonly Value[]): string =>
  `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`.replace(/^ or /, '')
