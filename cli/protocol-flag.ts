import { BitloomError } from '../src/errors'
import { parseProtocol } from '../src/pipeline/windows'
import { UsageError } from './command'

export const protocolFlag = {
  protocol: { type: 'text', value: 'NAME', default: 'windows:512', help: 'windows:L or llama.cpp:L.' },
} as const

/** UsageError of the command for what is no protocol. */
export function checkProtocol(command: string, protocol: string): void {
  try {
    parseProtocol(protocol)
  } catch (error) {
    if (error instanceof BitloomError) throw new UsageError(`${command}: --protocol: ${error.message}`)
    throw error
  }
}

export const maxTokensFlag = {
  'max-tokens': {
    type: 'number',
    value: 'N',
    min: 1,
    max: 2 ** 31,
    whole: true,
    help: 'Only windows inside the first N tokens. Default: the whole text.',
  },
} as const
