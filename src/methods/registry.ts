import { FormatError } from '../errors'
import { awq } from './awq/awq'
import { billm } from './billm/billm'
import { gptq } from './gptq/gptq'
import type { Method } from './method'
import { mgptq } from './mgptq/mgptq'
import { omniquant } from './omniquant/omniquant'
import { pbllm } from './pbllm/pbllm'
import { rtn } from './rtn/rtn'
import { sagePlus } from './sage/plus'
import { sage } from './sage/sage'
import { tesseraq } from './tesseraq/tesseraq'

/** All methods, in the order in which a form lists them. */
export const methods: readonly Method<unknown, unknown>[] = [
  mgptq,
  tesseraq,
  sage,
  sagePlus,
  gptq,
  awq,
  omniquant,
  billm,
  pbllm,
  rtn,
]

/** The method and its options, checked and completed with defaults. */
export function resolveMethod(
  id: string,
  options: Readonly<Record<string, unknown>>,
): { method: Method<unknown, unknown>; options: unknown } {
  const method = methods.find((candidate) => candidate.id === id)
  if (!method)
    throw new FormatError(
      `recipe: expected a method out of ${methods.map((m) => m.id).join(', ')}, got '${id}' — choose one of them`,
    )
  const result = method.schema.safeParse(options)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new FormatError(
      `recipe: option '${issue?.path.join('.')}' of ${id}: ${issue?.message} (got ${JSON.stringify(issue?.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], options))}) — correct it`,
    )
  }
  return { method, options: result.data }
}
