import { parseArgs } from 'node:util'
import { type Arguments, type Command, UsageError } from './command'
import { type Flags, readValue, type Value } from './flags'

/** Parses what follows a command's name; UsageError names what is not understood. */
export function readArguments(
  { name, positionals: wanted, flags }: Command,
  argv: readonly string[],
): Omit<Arguments<Flags>, 'signal'> {
  const { texts, positionals } = split(name, flags, argv)
  const several = wanted.at(-1)?.endsWith('…') === true
  if (several ? positionals.length < wanted.length : positionals.length !== wanted.length)
    throw new UsageError(
      `${name}: expected ${wanted.join(' ') || 'only flags'}, got ${positionals.map((text) => `'${text}'`).join(' ') || 'none'}`,
    )
  const values: Record<string, Value | readonly string[] | undefined> = {}
  for (const [key, flag] of Object.entries(flags)) {
    const text = texts[key]
    try {
      if (flag.type === 'switch') values[key] = text === true
      else if (flag.type === 'texts') values[key] = Array.isArray(text) ? text : []
      else if (typeof text === 'string') values[key] = readValue(flag, text)
      else values[key] = flag.default
      if (flag.required && text === undefined) throw new Error('expected a value, got none')
    } catch (error) {
      throw new UsageError(`${name}: --${key}: ${(error as Error).message}`)
    }
  }
  return { positionals, values: values as Arguments<Flags>['values'], given: new Set(Object.keys(texts)) }
}

function split(name: string, flags: Flags, argv: readonly string[]) {
  const options = Object.entries(flags).map(
    ([key, { type }]) => [key, { type: type === 'switch' ? 'boolean' : 'string', multiple: type === 'texts' }] as const,
  )
  try {
    const { values, positionals } = parseArgs({
      args: joinNegative(argv),
      allowPositionals: true,
      options: Object.fromEntries(options),
    })
    return { texts: values as Readonly<Record<string, string | boolean | string[]>>, positionals }
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`)
  }
}

/** `--flag -1` as `--flag=-1`: parseArgs would take the number for another flag. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args)
    if (/^-\d/.test(arg) && joined.at(-1)?.startsWith('--')) joined.push(`${joined.pop()}=${arg}`)
    else joined.push(arg)
  return joined
}
