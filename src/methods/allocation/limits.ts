import { FormatError } from '../../errors'
import type { Width } from '../../formats/quantized'
import { shorten } from './candidates'

/** Linears whose name the pattern finds get widths of min…max bits. */
export interface LimitRule {
  readonly pattern: RegExp
  readonly min: number
  readonly max: number
}

const LONGEST_PATTERN = 200
/**
 * Letters and signs, escapes, classes without a comma, anchors, |, and repetitions of one letter or class. No group, so
 * nothing repeated is repeated again; the number of repetitions is bounded apart from that, because each may multiply
 * the time by the length of the name.
 */
const DIALECT = /^(?:[^\\()[\]{}]|\\[^A-Za-z0-9]|\\[dw]|\[\^?(?:[\w.-])+\])+$/
const MOST_REPETITIONS = 2
/** Longer names are no names of linears; with two repetitions, a search in this many letters ends at once. */
const LONGEST_NAME = 256

/**
 * Limits as written: rules 'pattern: min-max', one a line or separated by commas, e.g. 'down_proj: 2-4, layers\.0\.: 3-'.
 * Either end may be left out ('3-', '-4'), a single width means just that ('8'). FormatError names the rule at fault.
 *
 * Patterns are regular expressions without groups and with at most two of * + ?: full ones can be written so that a
 * search never ends, and these limits make that impossible rather than unlikely.
 */
export function parseLimits(text: string): LimitRule[] {
  return text
    .split(/[\n,]/)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
    .map(parseRule)
}

function parseRule(rule: string): LimitRule {
  const refuse = (expected: string, got: string, remedy: string) =>
    new FormatError(`limit '${shorten(rule)}': expected ${expected}, got ${got} — ${remedy}`)
  const colon = rule.lastIndexOf(':')
  if (colon < 1) throw refuse('pattern: min-max', 'no colon after a pattern', 'write for example down_proj: 2-4')
  const source = rule.slice(0, colon).trim()
  const range = rule.slice(colon + 1).trim()
  const [, from, dash, to] = /^([1-8]?)\s*(-?)\s*([1-8]?)$/.exec(range) ?? []
  if (from === undefined || (!from && !to) || (!dash && from && to))
    throw refuse('widths of 1…8 bits', `'${shorten(range)}'`, 'write 2-4, 3- for at least, or -4 for at most')
  const min = Number(from || 1)
  const max = Number(to || (dash ? 8 : from))
  if (min > max) throw refuse('a minimum not above the maximum', `${min}-${max}`, 'swap them')
  if (source === '' || source.length > LONGEST_PATTERN)
    throw refuse(`a pattern of 1 to ${LONGEST_PATTERN} letters`, `${source.length}`, 'name a part of the module')
  if (!DIALECT.test(source))
    throw refuse(
      'a pattern without groups, braces and commas',
      'another',
      'use letters, \\., ., [0-3], *, +, ?, |, ^, $',
    )
  const repetitions = source.replace(/\\.|\[[^\]]*\]/g, '').match(/[*+?]/g)?.length ?? 0
  if (repetitions > MOST_REPETITIONS)
    throw refuse(`at most ${MOST_REPETITIONS} of * + ?`, `${repetitions}`, 'a pattern need not match the whole name')
  try {
    return { pattern: new RegExp(source), min, max }
  } catch {
    throw refuse('a regular expression', 'none', 'escape signs that stand for themselves: \\* \\+ \\?')
  }
}

/**
 * The candidates that all rules for a linear leave, as a mask for `Columns.allowed`: bit k for candidates[k].
 * FormatError when none is left.
 */
export function limitsFor(name: string, rules: readonly LimitRule[], candidates: readonly Width[]): number {
  const known = name.slice(0, LONGEST_NAME)
  const matching = rules.filter(({ pattern }) => pattern.test(known))
  const mask = candidates.reduce(
    (bits, width, k) => (matching.every(({ min, max }) => width >= min && width <= max) ? bits | (1 << k) : bits),
    0,
  )
  if (mask !== 0) return mask
  const min = Math.max(...matching.map((rule) => rule.min))
  const max = Math.min(...matching.map((rule) => rule.max))
  throw new FormatError(
    `limits of ${shorten(name)}: expected room for one of the candidates ${candidates.join(', ')}, got at least ${min} ` +
      `and at most ${max} bits — widen the limits or add candidates`,
  )
}
