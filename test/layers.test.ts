import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

/** docs/architecture.md, "Layers", from the ground up; files directly in src are the ground. */
const LAYERS = [
  '',
  'gpu',
  'formats',
  'storage',
  'hub',
  'kernels',
  'linalg',
  'autograd',
  'models',
  'methods',
  'pipeline',
  'workers',
  'offline',
  'state',
  'ui',
]

const src = resolve(import.meta.dirname, '../src')
const layerOf = (path: string) => {
  const [folder, ...rest] = relative(src, path).split('/')
  return rest.length === 0 ? '' : folder!
}

it('lets imports point downward only, and only tests use the float64 reference', () => {
  const wrong: string[] = []
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name) || /\.test\.tsx?$/.test(name) || name.startsWith('reference/') || name === 'main.tsx')
      continue
    const file = join(src, name)
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const imported = resolve(dirname(file), target!)
      if (!imported.startsWith(`${src}/`)) continue
      const [from, to] = [layerOf(file), layerOf(imported)].map((layer) => LAYERS.indexOf(layer))
      if (to! < 0 || from! < 0 || to! > from!) wrong.push(`${name} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})
