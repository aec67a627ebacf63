import { describe, jointWarnings, type Scheme, schemesOf, USUAL_GROUPS } from '../schemes'
import type { UniformLayout } from '../uniform'

/** What other software makes of such a checkpoint where it is not the plain case. */
export function gptqWarnings(layouts: ReadonlyMap<string, UniformLayout>): string[] {
  const schemes = schemesOf(layouts)
  const fast = ({ bits, symmetric }: Scheme) => (bits === 4 || bits === 8) && symmetric
  const slow = schemes.find(({ scheme }) => !fast(scheme))
  const odd = schemes.find(({ scheme }) => !USUAL_GROUPS.includes(scheme.groupSize))
  return [
    ...jointWarnings(layouts),
    ...(schemes.length > 1
      ? [
          `linears of ${schemes.length} kinds: GPTQModel, vLLM and SGLang read the rules for single linears (\`dynamic\`), transformers alone does not`,
        ]
      : []),
    ...(slow
      ? [
          `${slow.names[0]}: ${describe(slow.scheme)} — vLLM's fast kernels take 4 and 8 bits, symmetric; others are refused or slower there`,
        ]
      : []),
    ...(odd
      ? [`${odd.names[0]}: groups of ${odd.scheme.groupSize} — vLLM's kernels take ${USUAL_GROUPS.join(', ')}`]
      : []),
  ]
}
