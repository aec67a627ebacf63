import { z } from 'zod'
import type { TaskKind } from '../measurement-records'
import { hellaswagContext, withoutBrackets } from './hellaswag'

const MOST_CHOICES = 64

/** One item of a task. */
export interface Item {
  /** Continuations that compete for the greatest likelihood, each behind its context. */
  readonly pairs: readonly TextPair[]
  /** UTF-8 bytes of every choice, without the space before it. */
  readonly bytes: readonly number[]
  /** Index of the right one. */
  readonly gold: number
}

export interface TextPair {
  readonly context: string
  readonly continuation: string
}

const text = z.string().regex(/\S/, 'expected some text, got none')
const counted = ({ input }: { readonly input?: unknown }) =>
  `expected 2 to ${MOST_CHOICES} choices, got ${(input as unknown[]).length}`
const choices = z.array(text).min(2, { error: counted }).max(MOST_CHOICES, { error: counted })
const right = 'expected the index of the right choice'
const digits = z.string().regex(/^\d{1,9}$/)
const choiceIndex = z.union([z.int().min(0, right), digits.transform(Number)], right)

/** Knows lines of one kind by a field that no other has, and makes an item of one. */
export interface TaskFormat {
  readonly kind: TaskKind
  readonly mark: string
  /** All fields, for who has to correct a file. */
  readonly fields: string
  /** Throws z.ZodError. */
  read(line: unknown): Item
}

/** As lm-evaluation-harness words it: a space before every continuation. */
const pair = (context: string, continuation: string): TextPair => ({ context, continuation: ` ${continuation}` })
const bytesOf = (texts: readonly string[]) => texts.map((one) => new TextEncoder().encode(one).length)

const format = <S extends z.ZodType>(
  kind: TaskKind,
  mark: string,
  fields: string,
  schema: S,
  make: (line: z.output<S>) => Item,
): TaskFormat => ({ kind, mark, fields, read: (line) => make(schema.parse(line)) })

export const FORMATS: readonly TaskFormat[] = [
  format(
    'contexts',
    'context_options',
    'context_options, continuation, gold',
    z.object({ context_options: choices, continuation: text, gold: choiceIndex }),
    ({ context_options, continuation, gold }) => ({
      pairs: context_options.map((context) => pair(context, continuation)),
      bytes: context_options.map(() => bytesOf([continuation])[0]!),
      gold,
    }),
  ),
  format(
    'hellaswag',
    'endings',
    'ctx (or ctx_a, ctx_b), endings, label',
    z.object({
      activity_label: z.string().optional(),
      ctx: z.string().optional(),
      ctx_a: z.string().optional(),
      ctx_b: z.string().optional(),
      endings: choices,
      label: choiceIndex,
    }),
    ({ endings, label, ...line }) => {
      const plain = endings.map(withoutBrackets)
      const context = hellaswagContext(line)
      return { pairs: plain.map((ending) => pair(context, ending)), bytes: bytesOf(plain), gold: label }
    },
  ),
  format(
    'choices',
    'choices',
    'query, choices, gold',
    z.object({ query: text, choices, gold: choiceIndex }),
    ({ query, choices: answers, gold }) => {
      const context = asked(query)
      return { pairs: answers.map((answer) => pair(context, answer)), bytes: bytesOf(answers), gold }
    },
  ),
  format(
    'lastWord',
    'continuation',
    'context, continuation',
    z.object({ context: text, continuation: text }),
    ({ context, continuation }) => ({
      pairs: [pair(context, continuation)],
      bytes: bytesOf([continuation]),
      gold: 0,
    }),
  ),
]

/** The harness asks PIQA and ARC as "Question: …\nAnswer:"; files that hold the question only end before the last line. */
const asked = (query: string): string =>
  query.startsWith('Question:') && !query.endsWith('Answer:') ? `${query.trimEnd()}\nAnswer:` : query
