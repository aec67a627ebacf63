import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { readChatTemplate, renderChat } from './chat-template'
import { openTokenizer } from './tokenizer'

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const files = (contents: Record<string, unknown>) =>
  new Map(Object.entries(contents).map(([name, value]) => [name, bytes(value)]))
const config = 'tokenizer_config.json'

// as Llama 3, Mistral and ChatML write theirs
const llama3 =
  "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
const mistral =
  "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
const chatml =
  "{%- if messages[0].role != 'system' %}\n    {{- '<|im_start|>system\nYou help.<|im_end|>\n' }}\n{%- endif %}\n{%- for m in messages %}\n    {{- '<|im_start|>' ~ m.role ~ '\n' ~ m.content ~ '<|im_end|>\n' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\n' }}\n{%- endif %}\n"

const templateOf = (source: string) => ({ source, tokens: { bos_token: '<s>', eos_token: '</s>' } })

describe('the chat template of a model', () => {
  it('is found where its files have it, the file of its own first', () => {
    expect(readChatTemplate(files({ [config]: { chat_template: 'one' } }))?.source).toBe('one')
    const named = [{ name: 'tool_use', template: 'tools' }, { name: 'default', template: 'plain' }] // biome-ignore format: a list
    expect(readChatTemplate(files({ [config]: { chat_template: named } }))?.source).toBe('plain')
    expect(readChatTemplate(files({ 'chat_template.json': { chat_template: 'two' } }))?.source).toBe('two')
    const both = files({ [config]: { chat_template: 'one' }, 'chat_template.jinja': 'three' })
    expect(readChatTemplate(both)?.source).toBe('three')
  })

  it('is none where they have none', () => {
    expect(readChatTemplate(files({}))).toBeNull()
    for (const chat_template of [null, 7, [], [{ name: 'default' }], [null]])
      expect(readChatTemplate(files({ [config]: { chat_template } }))).toBeNull()
  })

  it('brings the special tokens along, however they are written', () => {
    const contents = { [config]: { chat_template: '', bos_token: '<s>', eos_token: { content: '</s>' } } }
    const map = { 'special_tokens_map.json': { bos_token: '<other>', pad_token: '<pad>' } }
    expect(readChatTemplate(files({ ...contents, ...map }))?.tokens).toEqual({
      ...{ bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>' },
    })
  })
})

describe('a prompt', () => {
  it('is made as the models were trained', () => {
    expect(renderChat(templateOf(llama3), ' Hi ', 'Be brief.')).toBe(
      '<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    )
    expect(renderChat(templateOf(mistral), 'Hi')).toBe('<s>[INST] Hi [/INST]')
    expect(renderChat(templateOf(chatml), '')).toBe(
      '<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n',
    )
  })

  it('has the special tokens of the template as their ids', () => {
    const tokenizer = openTokenizer(
      files({
        'tokenizer.json': {
          version: '1.0',
          added_tokens: [{ id: 0, content: '<s>', special: true, normalized: false }],
          ...{ normalizer: null, pre_tokenizer: null, post_processor: null, decoder: { type: 'Fuse' } },
          model: { type: 'BPE', vocab: { '<s>': 0, '<': 1, s: 2, '>': 3 }, merges: [] },
        },
      }),
    )
    expect(tokenizer.encode(renderChat(templateOf('{{ bos_token }}{{ messages[0].content }}'), 's>'))).toEqual([
      0, 2, 3,
    ])
  })
})

describe('a template that cannot be used', () => {
  const nested = (depth: number) => `${'{% for a in range(9) %}'.repeat(depth)}x${'{% endfor %}'.repeat(depth)}`
  it.each<[what: string, source: string, says: RegExp]>([
    ['refuses', mistral, /Conversation roles must alternate/],
    ['is not closed', '{% if true %}', /chat template: /],
    ['is no template', '{{', /chat template: /],
    ['has an unknown filter', '{{ messages | explode }}', /explode/],
    ['calls what is not there', "{{ strftime_now('%d') }}", /chat template: /],
    ['goes on and on', nested(12), /does not come to an end/],
    ['calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /chat template: /],
    ['makes a long list', '{% for i in range(100000000) %}x{% endfor %}', /a range of more than/],
    ['makes a range that never ends', '{{ range(0, 5, 0) }}', /a range of more than/],
    [
      'doubles a text',
      `{% set ns = namespace(t='x') %}${'{% set ns.t = ns.t + ns.t %}'.repeat(60)}{{ ns.t }}`,
      /more than/,
    ],
    ['makes an enormous text', "{{ 'x' | indent(2000000000, true) }}", /chat template: /],
    ['is enormous', ' '.repeat(50_000), /a template of more than/],
    ['is white', `${' '.repeat(39_990)}{{`, /blanks in a row/],
    ['is nearly white', `${`${' '.repeat(490)}.`.repeat(80)}{{`, /chat template: /],
    ['is deep', `{{ ${'('.repeat(19_000)}1${')'.repeat(19_000)} }}`, /chat template: /],
  ])('says so within moments when it %s', (_, source, says) => {
    const started = performance.now()
    const render = () => renderChat(templateOf(source), 'Hi', 'Be brief.')
    expect(render).toThrow(FormatError)
    expect(render).toThrow(says)
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  it('names a way out, and cuts what it was told', () => {
    const render = (system?: string) => () =>
      renderChat(templateOf(`{{ raise_exception('no\n' + '${'x'.repeat(500)}') }}`), 'Hi', system)
    expect(render()).toThrow(/got 'no x{197}' — use the template that came with the model/)
    expect(render('Be brief.')).toThrow(/ — leave the system text out, /)
  })
})
