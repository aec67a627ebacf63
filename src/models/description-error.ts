import type { z } from 'zod'
import { FormatError } from '../errors'

/** What helps when a model's description contradicts itself or its weights. */
const useOwnConfig = 'use the config.json that came with these weights'

export const configError = (where: string, expected: string, got: unknown, remedy = useOwnConfig): FormatError =>
  new FormatError(`config.json ${where}: expected ${expected}, got ${JSON.stringify(got) ?? 'nothing'} — ${remedy}`)

/** The first issue that a schema found in a JSON file, in the words of all other errors. */
export function schemaError(file: string, error: z.ZodError, parent: PropertyKey[] = []): FormatError {
  const { path, message } = error.issues[0]!
  const words = message.replace(/^Invalid input$/, 'expected another kind of value')
  const plain = words.replace(/^Invalid (input|option): /, '').replace(', received ', ', got ')
  return new FormatError(
    `${file} ${[...parent, ...path].join('.').slice(0, 80)}: ${plain} — use the ${file} that came with these weights`,
  )
}
