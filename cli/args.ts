import { parseArgs } from 'node:util'
import { type CommandName, type CommandUsage, helpText, UsageError, usage } from './usage'

export interface Arguments {
  readonly command: CommandName
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
}

/** Parses a command line; UsageError names what is not understood. */
export function readArguments(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv
  if (command === undefined || !(command in usage))
    throw new UsageError(
      `expected a command out of ${Object.keys(usage).join(', ')}, got ${command === undefined ? 'none' : `'${command}'`}\n\n${helpText()}`,
    )
  const name = command as CommandName
  const { positionals: wanted, flags } = usage[name] as CommandUsage
  try {
    const { values, positionals } = parseArgs({
      args: joinNegative(rest),
      allowPositionals: true,
      options: Object.fromEntries(Object.entries(flags).map(([flag, { type }]) => [flag, { type }])),
    })
    if (positionals.length !== wanted.length)
      throw new Error(`expected ${wanted.join(' ') || 'no path'}, got ${positionals.join(' ') || 'none'}`)
    return { command: name, positionals, flags: values as Arguments['flags'] }
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}\n\n${helpText(name)}`)
  }
}

/** The text of a flag, or its default; without one the flag is needed. */
export function textFlag({ flags, command }: Arguments, name: string, fallback?: string): string {
  const value = flags[name] ?? fallback
  if (typeof value !== 'string')
    throw new UsageError(`${command}: expected --${name}, got none — see bitloom ${command} --help`)
  return value
}

/** A flag that is a number of at least `min`. */
export function numberFlag(args: Arguments, name: string, fallback: number, min: number): number {
  const text = args.flags[name]
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isFinite(value) || value < min || !Number.isInteger(value))
    throw new UsageError(`${args.command}: --${name}: expected a whole number of at least ${min}, got '${text}'`)
  return value
}

/** `--flag -1` as `--flag=-1`: parseArgs would take the number for another flag. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args)
    if (/^-\d/.test(arg) && joined.at(-1)?.startsWith('--')) joined.push(`${joined.pop()}=${arg}`)
    else joined.push(arg)
  return joined
}
