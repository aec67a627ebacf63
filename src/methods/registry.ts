import { FormatError } from '../errors'
import { awq } from './awq/awq'
import { billm } from './billm/billm'
import { gptq } from './gptq/gptq'
import type { Method } from './method'
import { mgptq } from './mgptq/mgptq'
import { omniquant } from './omniquant/omniquant'
import { describeMethod } from './options'
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
    if (issue?.code === 'unrecognized_keys') throw new FormatError(`recipe: ${foreignOption(id, issue.keys[0]!)}`)
    // of options that are a choice of numbers, Zod tells only that none of them fits
    const choices =
      issue?.code === 'invalid_union'
        ? issue.errors.flat().flatMap((each) => (each.code === 'invalid_value' ? each.values : []))
        : []
    const wanted = choices.length > 0 ? `expected ${choices.join(' or ')}` : issue?.message
    throw new FormatError(
      `recipe: option '${issue?.path.join('.')}' of ${id}: ${wanted} (got ${JSON.stringify(issue?.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], options))}) — correct it`,
    )
  }
  return { method, options: result.data }
}

/** Why a method does not take an option, and which do. */
export function foreignOption(id: string, key: string): string {
  const others = methods.filter((method) => describeMethod(method).options.some((option) => option.key === key))
  const known = others.map((method) => method.id).join(', ')
  const reason = key === 'grid' ? `, whose levels are no GGUF type’s` : ''
  return others.length > 0
    ? `expected an option of ${id}${reason}, got '${key}' — leave it out, or take ${known}`
    : `expected an option of ${id}, got '${key}' — leave it out`
}
