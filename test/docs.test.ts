import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

/** Named, and made by the build or by the reader. */
const MADE = ['dist-cli/bitloom.mjs', 'complete.mjs']

const root = resolve(import.meta.dirname, '..')
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
const pages = ['README.md', ...inDocs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]

/** What blocks of code hold is no Markdown. */
const proseOf = (page: string) => readFileSync(join(root, page), 'utf8').replace(/^```.*?^```/gms, '')

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  const text = headings.map((heading) => heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase())
  const slugs = text.map((heading) => heading.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-'))
  return slugs.map((slug, i) => {
    const before = slugs.slice(0, i).filter((other) => other === slug).length
    return before > 0 ? `${slug}-${before}` : slug
  })
}

it.each(pages)('%s: links lead to files and headings that are there', (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
  expect(broken).toEqual([])
})

/** Sources of this repository, which documents name by the end of their path. */
const folders = ['bench', 'cli', 'docs', 'e2e', 'scripts', 'shaders', 'src', 'test', 'tools']
const sources = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ),
].map((path) => `/${path}`)

it.each(pages)('%s: sources that it names are there', (page) => {
  const inFolder = new RegExp(`^(${folders.join('|')})/`)
  const named = [...proseOf(page).matchAll(/`([\w./-]+)`/g)]
    .map(([, name]) => name!.replace(/\/$/, ''))
    .filter((name) => inFolder.test(name) || /\.(tsx?|mjs|py|wgsl)$/.test(name))
  const missing = named.filter(
    (name) => !MADE.includes(name) && !name.includes('NAME') && !sources.some((path) => path.endsWith(`/${name}`)),
  )
  expect(missing).toEqual([])
})
