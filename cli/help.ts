import type { Command } from './command'
import type { Flag } from './flags'

/** One command with everything it takes. */
export function commandHelp({ name, positionals, summary, flags }: Command): string {
  const heads = Object.entries(flags).map(([key, flag]) => [`--${key}${placeholder(flag)}`, flag] as const)
  return [
    `bitloom ${[name, ...positionals].join(' ')}${heads.some(([, { required }]) => required) ? required(flags) : ''} [flags]`,
    `  ${summary}`,
    '',
    ...heads.map(([head, flag]) => `  ${head.padEnd(26)} ${flag.help}${fallback(flag)}`),
    '',
  ].join('\n')
}

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  return [
    'bitloom COMMAND [flags]',
    '  Quantizes language models on the GPU and measures what that costs.',
    '',
    ...commands.map(({ name, positionals, summary }) => `  ${[name, ...positionals].join(' ').padEnd(16)} ${summary}`),
    '',
    '  bitloom COMMAND --help     what a command takes',
    '  bitloom --version          the version',
    '',
    'Results go to standard output, progress to standard error.',
    'Exit codes: 0 done, 1 failed, 2 not understood, 130 stopped with Ctrl+C.',
    '',
  ].join('\n')
}

const required = (flags: Command['flags']): string =>
  Object.entries(flags)
    .filter(([, flag]) => flag.required)
    .map(([key, flag]) => ` --${key}${placeholder(flag)}`)
    .join('')

function placeholder(flag: Flag): string {
  if (flag.type === 'switch') return ''
  return ` ${flag.type === 'choice' ? flag.choices.join('|') : flag.value}`
}

function fallback(flag: Flag): string {
  if (flag.type === 'switch') return ''
  if (flag.type === 'texts') return `${flag.required ? ' Needed;' : ' It'} may be given several times.`
  if (flag.required) return ' Needed.'
  return flag.default === undefined ? '' : ` Default: ${flag.default}.`
}
