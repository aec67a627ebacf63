import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './project.mjs'

it('the index of bundled models lists every file of each, with its size', () => {
  const folder = join(root, 'public/models')
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
  expect(index.map(({ name }) => name)).toEqual(['wren-3m', 'wren-nano'])
  for (const { name, files } of index) {
    const present = readdirSync(join(folder, name)).filter((file) => file !== 'README.md')
    expect(files).toEqual(
      present.sort().map((file) => ({ name: file, bytes: statSync(join(folder, name, file)).size })),
    )
  }
})
