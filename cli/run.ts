import { BitloomError } from '../src/errors'
import { version } from '../src/version'
import { visible } from '../src/visible'
import { readArguments } from './args'
import { StoppedError, UsageError } from './command'
import { commands } from './commands'
import { commandHelp, overview } from './help'
import { say } from './progress'
import { exitCodeOf } from './stop'

const asksHelp = (word: string): boolean => word === '--help' || word === '-h'

/** Runs one command line. Resolves to the exit code: 0 done, 1 failed, 2 not understood, 128 + n stopped by signal n. */
export async function run(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--version' || name === '-v') return print(`${version}\n`)
  const command = commands.find((candidate) => candidate.name === (name === 'help' ? rest[0] : name))
  const help = command ? commandHelp(command) : overview(commands)
  if (name !== undefined && (name === 'help' || asksHelp(name) || (command && rest.some(asksHelp)))) return print(help)
  try {
    if (!command)
      throw new UsageError(
        `expected a command out of ${commands.map((known) => known.name).join(', ')}, got ${name === undefined ? 'none' : `'${name}'`}`,
      )
    const args = { ...readArguments(command, rest), signal }
    const { json, text, failed = false } = await command.run(args)
    await print(`${args.values.json ? JSON.stringify(json) : text}\n`)
    return failed ? 1 : 0
  } catch (error) {
    if (signal.aborted) {
      const kept = error instanceof StoppedError ? error.message : 'nothing was written'
      say(`\nbitloom: stopped; ${kept}`)
      return exitCodeOf(signal)
    }
    if (error instanceof UsageError) {
      say(`bitloom: ${error.message}\n\n${help.trimEnd()}`)
      return 2
    }
    // what is not of our own families is a bug: its stack says where
    const message = error instanceof BitloomError ? error.message : ((error as Error).stack ?? error)
    say(`bitloom: ${message}`)
    return 1
  }
}

function print(text: string): Promise<number> {
  return new Promise((resolve) => process.stdout.write(visible(text), () => resolve(0)))
}
