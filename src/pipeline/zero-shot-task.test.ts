import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sharedPath, sharedTest } from '../../test/shared'
import { FormatError } from '../errors'
import { memorySource } from '../formats/bytes'
import { parseTask, readTask } from './zero-shot-task'

const lines = (...items: unknown[]) => items.map((item) => JSON.stringify(item)).join('\n')
const piqa = { query: 'Question: How?\n', choices: ['So.', 'Não.'], gold: 1 }

describe('the kind of a task is told by its fields', () => {
  it('asks a question for its answers', () => {
    expect(parseTask('piqa.jsonl', lines(piqa))).toEqual({
      name: 'piqa',
      kind: 'choices',
      items: [
        {
          line: 1,
          pairs: [
            { context: 'Question: How?\nAnswer:', continuation: ' So.' },
            { context: 'Question: How?\nAnswer:', continuation: ' Não.' },
          ],
          bytes: [3, 5],
          gold: 1,
        },
      ],
    })
  })

  it('leaves a query alone that asks itself, or asks nothing', () => {
    for (const query of ['Question: How?\nAnswer:', 'The sky is'])
      expect(parseTask('x', lines({ ...piqa, query })).items[0]!.pairs[0]!.context).toBe(query)
  })

  it('finishes a sentence of HellaSwag, its label a number or a text', () => {
    const item = {
      activity_label: 'Vault',
      ctx: 'x',
      ctx_a: 'A run.',
      ctx_b: 'she',
      endings: ['[step] jumps.', 'sits.'],
    }
    for (const label of [1, '1'])
      expect(parseTask('hellaswag.jsonl', lines({ ...item, label, ind: 4 }))).toMatchObject({
        kind: 'hellaswag',
        items: [
          {
            pairs: [
              { context: 'Vault: A run. She', continuation: '  jumps.' },
              { context: 'Vault: A run. She', continuation: ' sits.' },
            ],
            bytes: [7, 5],
            gold: 1,
          },
        ],
      })
  })

  it('puts one end behind each beginning of WinoGrande', () => {
    const item = { context_options: ['because Ann', 'because Bea'], continuation: 'was late.', gold: 0 }
    expect(parseTask('winogrande.jsonl', lines(item))).toMatchObject({
      kind: 'contexts',
      items: [
        {
          pairs: [
            { context: 'because Ann', continuation: ' was late.' },
            { context: 'because Bea', continuation: ' was late.' },
          ],
          gold: 0,
        },
      ],
    })
  })

  it('asks for the last word of LAMBADA', () => {
    const task = parseTask('lambada.json', lines({ context: 'Give me the', continuation: 'signs' }))
    expect(task).toMatchObject({
      ...{ name: 'lambada', kind: 'lastWord' },
      items: [{ pairs: [{ context: 'Give me the', continuation: ' signs' }], gold: 0 }],
    })
  })
})

it('passes over blank lines and line ends of any kind, and numbers as an editor does', () => {
  const text = `\n${lines(piqa)}\r\n\r\n${lines(piqa)}\n`
  expect(parseTask('p', text).items.map(({ line }) => line)).toEqual([2, 4])
})

it('reads no further than the items that are wanted', () => {
  expect(parseTask('p', `${lines(piqa, piqa)}\nnonsense`, 2).items).toHaveLength(2)
})

describe('what cannot be used is refused with file and line', () => {
  it.each<[string, string, RegExp]>([
    ['no item', '\n \n', /^t\.jsonl: expected at least one item, got none/],
    ['no JSON', `${lines(piqa)}\n{"query": `, /^t\.jsonl, line 2: expected a JSON object, got '\{"query": '/],
    ['JSON of another kind', '[1, 2]', /line 1: expected a JSON object, got '\[1, 2\]'/],
    ['unknown fields', lines({ question: 'How?', answer: 'So' }), /line 1: expected the fields .*query, choices, gold; or .*got question, answer/],
    ['fields of another kind', lines(piqa, { context: 'a', continuation: 'b' }), /line 2, query: expected string, got undefined — .*query, choices, gold/],
    ['one choice', lines({ ...piqa, choices: ['So.'] }), /line 1, choices: expected 2 to 64 choices, got 1 — /],
    ['too many', lines({ ...piqa, choices: Array(65).fill('a') }), /line 1, choices: expected 2 to 64 choices, got 65/],
    ['an empty choice', lines({ ...piqa, choices: ['So.', ' '] }), /line 1, choices\.1: expected some text, got none/],
    ['choices that are no texts', lines({ ...piqa, choices: [1, 2] }), /line 1, choices\.0: expected string, got number/],
    ['a choice of marks only', lines({ ctx: 'a', endings: ['[step]', 'b'], label: 0 }), /line 1: expected text in the context and in every choice/],
    ['no context', lines({ endings: ['a', 'b'], label: 0 }), /line 1: expected text in the context/],
    ['a gold index too large', lines({ ...piqa, gold: 2 }), /line 1: expected the index of the right choice from 0 to 1, got 2/],
    ['a negative one', lines({ ...piqa, gold: -1 }), /line 1, gold: expected the index of the right choice/],
    ['none', lines({ ...piqa, gold: undefined }), /line 1, gold: expected the index of the right choice/],
    ['a long line', lines({ ...piqa, query: 'a'.repeat(2 ** 18) }), /line 1: expected at most 262144 characters, got 262\d{3}/],
  ])('%s', (_, text, message) => {
    expect(() => parseTask('t.jsonl', text)).toThrow(message)
    expect(() => parseTask('t.jsonl', text)).toThrow(FormatError)
  }) // biome-ignore format: one case a line

  it('a file too large, without reading it', async () => {
    const read = () => Promise.reject(new Error('was read'))
    await expect(readTask({ name: 'huge.jsonl', size: 2 ** 40, read })).rejects.toThrow(
      /^huge.jsonl: expected a task of at most 67108864 bytes/,
    )
  })

  it('bytes that are no text', async () => {
    const image = memorySource(Uint8Array.of(0x89, 0x50, 0xff), 'cat.png')
    await expect(readTask(image)).rejects.toThrow(/^cat.png: expected lines of JSON in UTF-8/)
  })

  it('a file of line ends, in no time and no memory', () => {
    expect(() => parseTask('t', '\n'.repeat(2 ** 22))).toThrow(/at least one item/)
  })
})

describe('the public tasks', () => {
  for (const [name, kind, items, choices] of [
    ['piqa', 'choices', 1838, 2],
    ['arc_easy', 'choices', 2376, 4],
    ['arc_challenge', 'choices', 1172, 4],
    ['hellaswag', 'hellaswag', 1000, 4],
    ['winogrande', 'contexts', 1267, 2],
    ['lambada_openai', 'lastWord', 5153, 1],
  ] as const)
    sharedTest(name, [`eval/${name}.jsonl`], () => {
      const task = parseTask(`${name}.jsonl`, readFileSync(sharedPath(`eval/${name}.jsonl`), 'utf8'))
      expect(task).toMatchObject({ name, kind })
      expect(task.items).toHaveLength(items)
      expect(task.items.every(({ pairs }) => pairs.length === choices)).toBe(true)
    })
})
