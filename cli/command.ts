import type { Flags, Values } from './flags'

/** What a command has to say: `json` is one object, `text` the same for people. */
export interface Result {
  readonly json: unknown
  readonly text: string
  /** Part of the work failed, as the result says: exit code 1. */
  readonly failed?: boolean
}

export interface Arguments<F extends Flags> {
  readonly positionals: readonly string[]
  /** Every flag's value: given, or its default. */
  readonly values: Values<F> & { readonly json: boolean }
  /** The flags that were given, by name. */
  readonly given: ReadonlySet<string>
  /** Aborts when the person wants to stop. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly name: string
  /** Placeholders of what comes without a flag; all are needed, and of a last one that ends in … there may be several. */
  readonly positionals: readonly string[]
  readonly summary: string
  readonly flags: Flags
  run(args: Arguments<Flags>): Promise<Result>
}

/** A command whose `run` knows the types of its flags' values. */
export function command<F extends Flags>(
  spec: Omit<Command, 'flags' | 'run'> & { readonly flags: F; run(args: Arguments<F>): Promise<Result> },
): Command {
  // `--json` belongs to all of them
  const flags = { ...spec.flags, json: { type: 'switch', help: 'Print one JSON object on standard output.' } } as const
  return { ...spec, flags, run: (args) => spec.run(args as Arguments<F>) }
}

/** The person asked to stop, and something is left of the work: the message says what. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
