import { constants } from 'node:os'
import { BitloomError } from '../src/errors'
import { version } from '../src/version'
import { readArguments } from './args'
import { UsageError } from './command'
import { commands } from './commands'
import { commandHelp, overview } from './help'

type StopSignal = 'SIGINT' | 'SIGTERM'

/** The first signal lets a command put away what it has half done; the second one ends the program at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal))
  return stop.signal
}

/** Exit codes: 0 done, 1 failed, 2 not understood, 128 + n stopped by signal n. */
async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--version' || name === '-v') return print(`${version}\n`)
  const command = commands.find((candidate) => candidate.name === (name === 'help' ? rest[0] : name))
  const help = command ? commandHelp(command) : overview(commands)
  const asks = (word: string) => word === '--help' || word === '-h'
  if (name !== undefined && (name === 'help' || asks(name) || (command && rest.some(asks)))) return print(help)
  const signal = stopOnSignals()
  try {
    if (!command)
      throw new UsageError(
        `expected a command out of ${commands.map((known) => known.name).join(', ')}, got ${name === undefined ? 'none' : `'${name}'`}`,
      )
    const args = { ...readArguments(command, rest), signal }
    const { json, text } = await command.run(args)
    return await print(`${args.values.json ? JSON.stringify(json) : text}\n`)
  } catch (error) {
    if (signal.aborted) {
      process.stderr.write('\nbitloom: stopped; nothing was written\n')
      return 128 + constants.signals[signal.reason as StopSignal]
    }
    if (error instanceof UsageError) {
      process.stderr.write(`bitloom: ${error.message}\n\n${help}`)
      return 2
    }
    process.stderr.write(
      `bitloom: ${error instanceof BitloomError ? error.message : ((error as Error).stack ?? error)}\n`,
    )
    return 1
  }
}

function print(text: string): Promise<number> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve(0)))
}

// Dawn keeps the process alive with threads of its own.
main(process.argv.slice(2)).then((code) => process.exit(code))
