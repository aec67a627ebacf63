import { invariant } from '../errors'

type Constants = Readonly<Record<string, number | boolean>>

/**
 * Writes loops out, since WGSL compilers may not: an array indexed by a loop variable that survives compilation lives
 * in memory instead of registers (measured on an H100 through Dawn 0.6: 1.7 instead of over 20 TFLOP/s).
 *
 *     #for i in REG_M
 *       var sum_${i} = vec4f();
 *     #end
 *
 * repeats its lines for i = 0 … REG_M − 1 with `${i}` replaced; the bound is a constant's name or a number.
 */
export function unroll(source: string, constants: Constants): string {
  const lines = source.split('\n')
  const [expanded, end] = expand(lines, 0, constants)
  invariant(end === lines.length, () => `line ${end + 1}: #end without #for`)
  return expanded.join('\n')
}

/** Lines from `start` to the #end that closes them, and where that is. */
function expand(lines: readonly string[], start: number, constants: Constants): [string[], number] {
  const out: string[] = []
  let at = start
  while (at < lines.length) {
    const line = lines[at]!
    const loop = /^\s*#for (\w+) in (\w+)\s*$/.exec(line)
    if (loop) {
      const [, name, bound] = loop
      const count = Number(constants[bound!] ?? bound)
      invariant(Number.isInteger(count), () => `line ${at + 1}: unknown bound ${bound}`)
      const [body, end] = expand(lines, at + 1, constants)
      invariant(end < lines.length, () => `line ${at + 1}: #for without #end`)
      for (let i = 0; i < count; i++) out.push(...body.map((text) => text.replaceAll(`\${${name}}`, String(i))))
      at = end + 1
    } else if (/^\s*#end\s*$/.test(line)) {
      return [out, at]
    } else {
      out.push(line)
      at++
    }
  }
  return [out, at]
}
