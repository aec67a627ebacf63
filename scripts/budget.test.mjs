import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { firstView, importsOf, scriptsOf } from './budget.mjs'

it('finds what a module imports at once', () => {
  const source =
    'import{a as t}from"./a-1.js";import"./b-2.js";import n,{x}from`./c-3.js`;export*from"./d-4.js";const l=()=>import("./later-5.js");const w="engine.worker-6.js"'
  expect(importsOf(source)).toEqual(['a-1.js', 'b-2.js', 'c-3.js', 'd-4.js'])
})

it('counts the page, the worker and what both import, and nothing that comes later', () => {
  const dist = mkdtempSync(join(tmpdir(), 'budget-'))
  onTestFinished(() => rmSync(dist, { recursive: true, force: true }))
  mkdirSync(join(dist, 'assets'))
  const write = (name, text) => writeFileSync(join(dist, name), text)
  write('index.html', '<script type="module" src="./assets/index-1.js"></script>')
  write('assets/index-1.js', 'import"./a-1.js";import("./later-1.js")')
  write('assets/a-1.js', 'import"./b-1.js"')
  write('assets/b-1.js', 'b()')
  write('assets/later-1.js', 'x'.repeat(1000))
  write('assets/engine.worker-1.js', 'import("./engine-1.js")')
  write('assets/engine-1.js', 'y'.repeat(1000))
  const scripts = scriptsOf(dist)
  const first = scripts.filter((one) => one.first)
  expect(first.map(({ name }) => name).sort()).toEqual(['a-1.js', 'b-1.js', 'engine.worker-1.js', 'index-1.js'])
  expect(firstView(scripts)).toBe(first.reduce((sum, { gzip }) => sum + gzip, 0))
  expect(scripts.find(({ name }) => name === 'later-1.js')).toMatchObject({ first: false, raw: 1000 })
})
