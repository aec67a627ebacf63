import { FormatError } from '../errors'
import { parseJsonObject } from '../formats/side-files'
import { renderJinja } from './jinja'
import { tokenText } from './tokenizer'

/** A model's chat template, not looked into yet, and the special tokens that it may write. */
export interface ChatTemplate {
  readonly source: string
  readonly tokens: Readonly<Record<string, string>>
}

const SPECIAL = ['bos_token', 'eos_token', 'unk_token', 'pad_token']

/** The template of chat_template.jinja, tokenizer_config.json or chat_template.json, the first that is there; else null. */
export function readChatTemplate(files: ReadonlyMap<string, Uint8Array>): ChatTemplate | null {
  const read = (name: string) => (files.has(name) ? parseJsonObject(name, files.get(name)!) : {})
  const config = read('tokenizer_config.json')
  const own = files.get('chat_template.jinja')
  const source = own
    ? new TextDecoder().decode(own)
    : (templateText(config.chat_template) ?? templateText(read('chat_template.json').chat_template))
  if (source === null) return null
  const map = read('special_tokens_map.json')
  const tokens = SPECIAL.flatMap((name) => {
    const text = tokenText(config[name]) ?? tokenText(map[name])
    return text === null ? [] : [[name, text]]
  })
  return { source, tokens: Object.fromEntries(tokens) }
}

/** A template is a text, or one of a list with names: that for plain talk is called 'default'. */
function templateText(template: unknown): string | null {
  if (typeof template === 'string') return template
  if (!Array.isArray(template)) return null
  const entries = template as ({ name?: unknown; template?: unknown } | null)[]
  const chosen = entries.find((entry) => entry?.name === 'default') ?? entries[0]
  return typeof chosen?.template === 'string' ? chosen.template : null
}

/**
 * What a model of this template reads when a person says `message`, up to where its answer begins. FormatError when the template
 * is broken, refuses, or does not come to an end.
 */
export function renderChat({ source, tokens }: ChatTemplate, message: string, system?: string): string {
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: message },
  ]
  try {
    return renderJinja(source, { messages, add_generation_prompt: true, ...tokens })
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ').slice(0, 200)
    throw new FormatError(
      `chat template: expected one that makes a prompt of a message, got '${why}' — ` +
        `${system === undefined ? '' : 'leave the system text out, '}use the template that came with the model, or continue the text without it`,
    )
  }
}
