import { describeMethod } from '../src/methods/options'
import { methods } from '../src/methods/registry'

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Flag {
  readonly type: 'string' | 'boolean'
  /** Placeholder for the value in help. */
  readonly value?: string
  readonly help: string
}

const json: Flag = { type: 'boolean', help: 'print one JSON object on standard output' }

/** camelCase option key as a flag, e.g. groupSize → group-size. */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Flags for the options of all methods, derived from their schemas. */
function methodFlags(): Record<string, Flag> {
  const flags: Record<string, Flag> = {}
  for (const { options } of methods.map(describeMethod))
    for (const option of options) {
      const values = option.type === 'choice' ? option.choices.map(({ value }) => value).join('|') : 'X'
      flags[flagName(option.key)] = {
        type: option.type === 'boolean' ? 'boolean' : 'string',
        value: values,
        help: `${option.help} (${option.default})`,
      }
    }
  return flags
}

export interface CommandUsage {
  readonly positionals: readonly string[]
  readonly summary: string
  readonly flags: Readonly<Record<string, Flag>>
}

export const usage = {
  inspect: { positionals: ['PATH'], summary: 'what a model is and what it needs', flags: { json } },
  quantize: {
    positionals: ['PATH'],
    summary: 'quantize a checkpoint into one packed file',
    flags: {
      method: { type: 'string', value: methods.map(({ id }) => id).join('|'), help: 'quantization method (gptq)' },
      ...methodFlags(),
      calibration: { type: 'string', value: 'FILE', help: 'calibration text' },
      samples: { type: 'string', value: 'S', help: 'calibration windows (128)' },
      'seq-len': { type: 'string', value: 'L', help: 'tokens a window (512)' },
      pick: { type: 'string', value: 'first|random', help: 'which windows of the text (first)' },
      seed: { type: 'string', value: 'K', help: 'seed of everything random (0)' },
      recipe: { type: 'string', value: 'FILE', help: 'a saved recipe; other flags change it' },
      out: { type: 'string', value: 'PATH', help: 'packed file to write' },
      force: { type: 'boolean', help: 'replace a file that exists' },
      json,
    },
  },
  eval: {
    positionals: ['PATH'],
    summary: 'perplexity of a checkpoint or packed file',
    flags: {
      text: { type: 'string', value: 'FILE', help: 'text to score' },
      protocol: { type: 'string', value: 'NAME', help: 'windows:L or llama.cpp:L (windows:512)' },
      'max-tokens': { type: 'string', value: 'N', help: 'only windows inside the first N tokens' },
      json,
    },
  },
  generate: {
    positionals: ['PATH'],
    summary: 'continue a prompt greedily',
    flags: {
      prompt: { type: 'string', value: 'TEXT', help: 'text to continue' },
      'max-new-tokens': { type: 'string', value: 'N', help: 'at most so many tokens (64)' },
      json,
    },
  },
  export: {
    positionals: ['PATH'],
    summary: 'write a packed file as a Hugging Face folder of float16 weights',
    flags: {
      format: { type: 'string', value: 'fp16', help: 'format (fp16)' },
      out: { type: 'string', value: 'DIR', help: 'folder to make' },
      json,
    },
  },
  bench: {
    positionals: [],
    summary: 'time the kernels on this device',
    flags: {
      sizes: { type: 'string', value: 'N,N,…', help: 'matrix sizes (512,1024,2048,4096)' },
      tiles: { type: 'boolean', help: 'compare matmul tiles instead' },
      runs: { type: 'string', value: 'R', help: 'runs a median is taken of (5)' },
      json,
    },
  },
} satisfies Record<string, CommandUsage>

export type CommandName = keyof typeof usage

export function helpText(command?: CommandName): string {
  const lines = (name: CommandName): string[] => {
    const { positionals, summary, flags } = usage[name] as CommandUsage
    return [
      `bitloom ${[name, ...positionals].join(' ')}`,
      `    ${summary}`,
      ...Object.entries(flags).map(
        ([flag, { value, help }]) =>
          `    ${`--${flag}${value && flags[flag]?.type === 'string' ? ` ${value}` : ''}`.padEnd(28)} ${help}`,
      ),
    ]
  }
  const names = command ? [command] : (Object.keys(usage) as CommandName[])
  return `${[...names.map((name) => lines(name).join('\n')), ...(command ? [] : ['bitloom --version'])].join('\n\n')}\n`
}
