import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'

/** Components whose words are all here. */
const MOVED = [
  ...[
    'App',
    'Banner',
    'Boundary',
    'DeviceFacts',
    'DropTarget',
    'FirstRun',
    'Header',
    'HubKept',
    'HubOpen',
    'HubPush',
    'HubToken',
  ],
  ...['KeepOffline', 'NotifyField', 'Outside', 'Shortcuts', 'Step', 'Undo', 'UpdateNotice', 'later'],
  ...['steps/InspectStep', 'steps/MeasureStep', 'steps/OpenStep', 'steps/TakeStep', 'steps/later'],
]

/** Attributes that a person reads or hears. */
const READ = new Set([
  'label',
  'title',
  'help',
  'problem',
  'placeholder',
  'detail',
  'note',
  'action',
  'waitsFor',
  'alt',
])
const isRead = (name: string) => READ.has(name) || name === 'aria-label'
/** Names of things, the same in every language. */
const NAMES = ['Bitloom']

interface Node {
  readonly type: string
  readonly value?: unknown
  readonly name?: unknown
  readonly [part: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string'
const hasLetters = (text: unknown): text is string =>
  typeof text === 'string' && /\p{L}{2,}/u.test(text) && !NAMES.includes(text.trim())

/** Texts of a component that a person would read, in the order of the source. */
function bareWords(source: string): string[] {
  const found: string[] = []
  const visit = (node: Node, read: boolean) => {
    if (node.type === 'JSXText' && hasLetters(node.value)) found.push(node.value.trim())
    if (node.type === 'Literal' && read && hasLetters(node.value)) found.push(node.value)
    if (node.type === 'TemplateElement' && read) {
      const { raw } = node.value as { raw: string }
      if (hasLetters(raw)) found.push(raw.trim())
    }
    if (node.type === 'JSXAttribute') {
      const value = node.value as Node | null
      if (value) visit(value, isRead(String((node.name as Node).name)))
      return
    }
    // what a call, an attribute or a comparison takes is no text by itself
    const isText = ['JSXExpressionContainer', 'ConditionalExpression', 'LogicalExpression', 'TemplateLiteral']
    const inside = node.type === 'JSXElement' || node.type === 'JSXFragment' || (read && isText.includes(node.type))
    for (const [part, value] of Object.entries(node)) {
      const isCondition = part === 'test' || (node.type === 'LogicalExpression' && part === 'left')
      for (const child of Array.isArray(value) ? value : [value])
        if (isNode(child)) visit(child, inside && !isCondition && part !== 'openingElement')
    }
  }
  visit(parseSync('a.tsx', source).program as unknown as Node, false)
  return found
}

describe('words of the page', () => {
  it.each(MOVED)('%s has none of its own', (name) => {
    expect(bareWords(readFileSync(`${import.meta.dirname}/../${name}.tsx`, 'utf8'))).toEqual([])
  })

  it('are found where they stand', () => {
    const source = `const A = ({ open }: Props) => (
      <p className="quiet" title="a title" aria-label={\`to \${name} now\`} hidden={kind === 'none'}>
        some text {open ? 'yes there' : words.no} {open && 'and this'} {format('not this')} {\`of all\${x}\`}
        <img alt="" src="./a.svg" /> Bitloom {' '}
      </p>
    )`
    expect(bareWords(source)).toEqual(['a title', 'to', 'now', 'some text', 'yes there', 'and this', 'of all'])
  })
})
