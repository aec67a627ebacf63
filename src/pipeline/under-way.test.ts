import { expect, it } from 'vitest'
import { later } from '../later'
import type { ModuleRecord } from '../records'
import { ModulesUnderWay } from './under-way'

it('tells what has arrived, in order and without a wait; in the end all, or why not', async () => {
  const told: string[] = []
  const underWay = new ModulesUnderWay(({ name }, warnings) => told.push(name, ...warnings))
  const named = (name: string) => ({ name }) as ModuleRecord
  let arrive = (_: ModuleRecord) => {}
  underWay.add(later(Promise.resolve(named('a'))), ['dead columns'])
  underWay.add(later(new Promise((resolve) => (arrive = resolve))), [])
  underWay.add(later(Promise.resolve(named('c'))), [])
  await Promise.resolve()
  await underWay.tell('arrived')
  expect(told).toEqual(['a', 'dead columns'])
  arrive(named('b'))
  await underWay.tell('all')
  expect(told).toEqual(['a', 'dead columns', 'b', 'c'])
  underWay.add(later(Promise.reject(new Error('overflow'))), [])
  await expect(underWay.tell('all')).rejects.toThrow('overflow')
})
