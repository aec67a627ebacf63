import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'

/** Templates of published models have up to 20,000 characters. */
const TEMPLATE_LENGTH = 40_000
/** The library's lexer takes the square of as much white space: nine seconds for a whole template of it. */
const WHITE_SPACE = /\s{500}/
/** Far more than any context: characters of a text, items of a list. */
const LARGEST = 1_000_000
const STEPS = 1_000_000
const MILLISECONDS = 500
const RANGE = 10_000

type Value = ReturnType<Interpreter['evaluate']>

/** Stops a template that goes on for too long or makes something too large: templates come with models, from anybody. */
class BoundedInterpreter extends Interpreter {
  #steps = 0
  readonly #until = performance.now() + MILLISECONDS

  override evaluate(...node: Parameters<Interpreter['evaluate']>): Value {
    if (++this.#steps > STEPS || (this.#steps % 64 === 0 && performance.now() > this.#until))
      throw new Error('a template that does not come to an end')
    const value = super.evaluate(...node)
    const { length = 0 } = (value.value ?? {}) as { length?: number }
    if (length > LARGEST) throw new Error(`a text or list of more than ${LARGEST} elements`)
    return value
  }
}

function range(...bounds: number[]): number[] {
  const [start, stop, step = 1] = bounds.length > 1 ? bounds : [0, bounds[0] ?? 0]
  const count = Math.max(0, Math.ceil((stop! - start!) / step))
  if (!(count <= RANGE)) throw new Error(`a range of more than ${RANGE} numbers`)
  return Array.from({ length: count }, (_, i) => start! + i * step)
}

const refuse = (reason: unknown) => {
  throw new Error(String(reason))
}

/**
 * A Jinja template as transformers renders it, without the date (`strftime_now` is not defined: the same prompt every day). Throws an
 * Error of any kind for one that cannot be rendered within bounds.
 */
export function renderJinja(source: string, values: Readonly<Record<string, unknown>>): string {
  if (source.length > TEMPLATE_LENGTH) throw new Error(`a template of more than ${TEMPLATE_LENGTH} characters`)
  if (WHITE_SPACE.test(source)) throw new Error('a template with hundreds of blanks in a row')
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null }
  const environment = new Environment()
  for (const [name, value] of Object.entries({ ...constants, range, raise_exception: refuse, ...values }))
    environment.set(name, value)
  return String(new BoundedInterpreter(environment).run(program).value)
}
