import { parseSync } from 'vite'

/** Attributes and properties that a person reads or hears. */
const READ = new Set([
  ...['label', 'title', 'help', 'problem', 'placeholder', 'detail', 'note', 'alt', 'caption', 'heading', 'readout'],
  ...['about', 'absent', 'action', 'summary', 'waitsFor', 'unit', 'aria-label', 'aria-roledescription'],
])
/** Attributes that only the browser reads. */
const SILENT = new Set(['className', 'style', 'href', 'src', 'rel', 'target', 'accept', 'd', 'type', 'role', 'key'])
/** Calls whose texts are drawn. */
const DRAWS = new Set(['fillText', 'drawPanel', 'drawKey'])
/** Calls that take selectors and names of events. */
const SELECTS = new Set([
  'querySelector',
  'querySelectorAll',
  'closest',
  'matches',
  'addEventListener',
  'includes',
  'press',
])
/** The same in every language. */
const NAMES = new Set(['Bitloom', 'Markdown', 'JSON', 'CSV', 'LaTeX', 'HTML', 'SVG', 'PNG', 'Notification', 'ij', 'ii'])
/** Keys of the keyboard, and flags of the command line. */
const KEYS = /^(Arrow\w+|Escape|Enter|Home|End|Page\w+|Shift|Tab|Backspace|Delete)$|^\s*--\w/

interface Node {
  readonly type: string
  readonly [part: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string'
const childrenOf = (value: unknown): Node[] => (Array.isArray(value) ? value : [value]).filter(isNode)

/** How a text is looked at: any word counts where it is surely read; elsewhere what reads like a sentence or a title. */
type Look = 'read' | 'code' | 'silent'

const isWord = (text: string) => /\p{L}{2,}/u.test(text)
const isProse = (text: string) => /\p{L}{2,}\s+\p{L}|\p{L}\s+\p{L}{2,}|^\p{Lu}\p{Ll}+$/u.test(text)
/** Beside a value, a space is enough. */
const isProseBeside = (text: string) => isProse(text) || /\s\p{L}{2,}|\p{L}{2,}[,:;]?\s/u.test(text)

/** The name by which a function is called, or a property is set. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type === 'MemberExpression') return nameOf(node.property)
  return String(node.name ?? node.value ?? '')
}

/** What stands between the values of a template. */
const textsOf = (template: Node): string[] =>
  childrenOf(template.quasis).map(({ value }) => (value as { cooked: string }).cooked)

/** What is left of markup without its tags, and without code that it quotes. */
const unmarked = (markup: string) => markup.replaceAll(/<code>[\s\S]*?<\/code>|<[^>]*>/g, '\0')

type Parts = readonly (readonly [part: unknown, look: Look])[]

/** The parts of a node, and how each is looked at. */
function partsOf(node: Node, look: Look): Parts {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'Literal':
      return []
    case 'JSXAttribute': {
      const name = nameOf(node.name)
      return [[node.value, SILENT.has(name) ? 'silent' : READ.has(name) ? 'read' : 'code']]
    }
    case 'JSXElement':
    case 'JSXFragment':
      return [
        [node.openingElement, 'code'],
        [node.children, 'read'],
      ]
    case 'JSXExpressionContainer':
      return [[node.expression, look]]
    case 'Property':
      return [[node.value, READ.has(nameOf(node.key)) ? 'read' : look === 'silent' ? 'silent' : 'code']]
    case 'TaggedTemplateExpression':
      return [[(node.quasi as Node).expressions, 'code']]
    case 'ArrayExpression':
      return [[node.elements, look]]
    case 'TemplateLiteral':
      return [[node.expressions, look === 'read' ? 'code' : look]]
    case 'ConditionalExpression':
      return [
        [node.test, 'code'],
        [[node.consequent, node.alternate], look],
      ]
    case 'LogicalExpression':
      return [
        [node.left, node.operator === '&&' ? 'code' : look],
        [node.right, look],
      ]
    case 'BinaryExpression':
      return [[[node.left, node.right], node.operator === '+' ? look : 'silent']]
    case 'SwitchCase':
      return [[node.consequent, 'code']]
    case 'CallExpression': {
      const name = nameOf(node.callee)
      return [
        [node.callee, 'code'],
        [node.arguments, DRAWS.has(name) ? 'read' : SELECTS.has(name) ? 'silent' : 'code'],
      ]
    }
    case 'NewExpression':
      // messages of errors are where they are thrown
      return [[node.arguments, nameOf(node.callee).endsWith('Error') ? 'silent' : 'code']]
    case 'AssignmentExpression':
      return [[node.right, nameOf(node.left) === 'font' ? 'silent' : 'code']]
  }
  if (node.type.startsWith('TS')) return [[node.expression, look]]
  return Object.values(node).map((part) => [part, 'code'] as const)
}

/** Texts of a source that a person would read, in their order; its name tells TSX from TypeScript. Throws where it cannot be parsed. */
export function bareWords(source: string, name = 'a.tsx'): string[] {
  const found: string[] = []
  const tell = (text: unknown, look: Look, beside = false) => {
    if (typeof text !== 'string' || look === 'silent' || NAMES.has(text.trim()) || KEYS.test(text)) return
    if (look === 'read' ? isWord(text) : beside ? isProseBeside(text) : isProse(text)) found.push(text.trim())
  }
  const visit = (node: Node, look: Look) => {
    if (node.type === 'JSXText') tell(node.value, 'read')
    if (node.type === 'Literal') tell(node.value, look)
    if (node.type === 'TemplateLiteral') {
      const texts = textsOf(node)
      for (const text of texts) tell(text, look, texts.length > 1)
    }
    if (node.type === 'TaggedTemplateExpression')
      for (const text of unmarked(textsOf(node.quasi as Node).join('\0')).split('\0')) tell(text, 'read')
    for (const [part, how] of partsOf(node, look)) for (const child of childrenOf(part)) visit(child, how)
  }
  const { program, errors } = parseSync(name, source)
  if (errors.length > 0) throw new Error(`${name}: expected TypeScript, got ${errors[0]!.message}`)
  visit(program as unknown as Node, 'code')
  return found
}
