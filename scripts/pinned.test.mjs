import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './project.mjs'

const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const manifest = read('package.json')
const { packages } = read('package-lock.json')

describe('dependencies', () => {
  it('are asked for by exact version', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    for (const [name, version] of asked) expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  })

  it('are locked with the digest of what is installed, from a registry and nowhere else', () => {
    const locked = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.link && !entry.inBundle)
    expect(locked.length).toBeGreaterThan(100)
    for (const [path, { integrity, resolved, dev, optional }] of locked) {
      // builds of llama.cpp for other systems, for tests alone; their registry entries were not at hand when they were locked
      if (dev && optional && path.startsWith('node_modules/@node-llama-cpp/') && !integrity) continue
      expect(integrity, path).toMatch(/^sha512-/)
      if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//)
    }
  })

  it('that reach a user are few, and none runs a script when it is installed', () => {
    expect(Object.keys(manifest.dependencies)).toEqual([
      ...['@huggingface/jinja', '@huggingface/tokenizers', 'client-zip', 'comlink', 'd3-scale-chromatic'],
      ...['react', 'react-dom', 'zod', 'zustand'],
    ])
    for (const [path, { dev, hasInstallScript }] of Object.entries(packages))
      if (!dev) expect(hasInstallScript, path).toBeUndefined()
  })
})
