import { BitloomError } from '../src/errors'
import { version } from '../src/version'
import { readArguments } from './args'
import { commands } from './commands'
import { type CommandName, helpText, UsageError, usage } from './usage'

/** Exit codes: 0 done, 1 failed, 2 not understood. */
async function main(argv: string[]): Promise<number> {
  if (argv.includes('--version')) return print(`${version}\n`)
  if (argv.includes('--help') || argv[0] === 'help')
    return print(helpText(argv[0] !== undefined && argv[0] in usage ? (argv[0] as CommandName) : undefined))
  try {
    const args = readArguments(argv)
    const { json, text } = await commands[args.command](args)
    return print(`${args.flags.json ? JSON.stringify(json) : text}\n`)
  } catch (error) {
    const known = error instanceof BitloomError || error instanceof UsageError
    process.stderr.write(`bitloom: ${known ? error.message : ((error as Error).stack ?? error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

function print(text: string): Promise<number> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve(0)))
}

// Dawn keeps the process alive with threads of its own.
main(process.argv.slice(2)).then((code) => process.exit(code))
