// biome-ignore-all lint/suspicious/noTemplateCurlyInString: WGSL loop variables are written like template strings
import { describe, expect, it } from 'vitest'
import { unroll } from './unroll'

describe('unroll', () => {
  it('repeats lines and replaces the variable', () => {
    expect(unroll('a\n  #for i in N\n  x_${i} = ${i};\n  #end\nb', { N: 2 })).toBe('a\n  x_0 = 0;\n  x_1 = 1;\nb')
  })

  it('nests, and takes numbers as bounds', () => {
    const source = '#for i in 2\n#for j in M\ns_${i}_${j}\n#end\n#end'
    expect(unroll(source, { M: 2 }).split('\n')).toEqual(['s_0_0', 's_0_1', 's_1_0', 's_1_1'])
  })

  it('leaves other text alone', () => {
    const source = 'for (var i = 0u; i < 4u; i++) { x += y[i]; }'
    expect(unroll(source, {})).toBe(source)
  })

  it.each(['#for i in N\n#end', '#for i in 2\nx', 'x\n#end'])('refuses %j', (source) => {
    expect(() => unroll(source, {})).toThrow()
  })
})
