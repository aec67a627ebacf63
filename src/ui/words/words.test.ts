import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bareWords } from '../../../test/bare-words'

const UI = join(import.meta.dirname, '..')

/** Files with texts of their own, and why. */
const OWN: readonly (readonly [file: RegExp, why: string])[] = [
  [/^report\/(loading|style)\.ts$/, 'commands, and a style sheet'],
  [/^maps\/svg\.ts$/, 'markup'],
  [/^browser-host\.ts$/, 'browsers and systems by their own names'],
]

const files = readdirSync(UI, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.startsWith('words/'))
  .filter((name) => !OWN.some(([file]) => file.test(name)))
  .sort()

describe('words of the page', () => {
  it.each(files)('%s has none of its own', (name) => {
    expect(bareWords(readFileSync(join(UI, name), 'utf8'), name)).toEqual([])
  })

  it('are found where they stand', () => {
    const source = `const A = ({ open }: Props) => (
      <p className="quiet and more" title="a title" aria-label={\`to \${name} now\`} hidden={kind === 'none'}>
        some text {open ? 'yes there' : words.no} {open && 'and this'} {format('not')} {\`of all\${x}\`}
        <img alt="" src="./a.svg" /> Bitloom {' '}
      </p>
    )`
    expect(bareWords(source)).toEqual(['a title', 'to', 'now', 'some text', 'yes there', 'and this', 'of all'])
  })

  it('are found in code beside the markup, but not names, selectors, fonts and errors', () => {
    const source = `
      import { a } from 'some module'
      const HEAD = ['Recipe', 'bits', 'stored bits'] as readonly 'Never seen'[]
      const choice = { value: 'per-row', label: 'row' }
      const text = \`\${n} bits\` + (key === 'No match' ? \`\${a}-\${b}\` : 'a few words')
      ctx.fillText('bits', x, y)
      ctx.font = \`11px \${theme.font}\`
      document.querySelector('main section')
      if (key === 'Escape') throw new FormatError('drop: expected files, got none')
      const markup = html\`<p class="all of it" title="\${name}">read <code>bitloom run</code> \${n}</p>\``
    expect(bareWords(source)).toEqual(['Recipe', 'stored bits', 'row', 'bits', 'a few words', 'bits', 'read'])
  })

  it('are not taken to be none where a source cannot be parsed', () => {
    expect(() => bareWords('const a = (', 'a.ts')).toThrow('a.ts: expected TypeScript')
  })
})
