import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { diskStore } from '../../cli/disk-store'
import { startHub, type TestHub } from '../../test/hub-server'
import { HubClient } from './client'
import { endpointAt } from './endpoint'
import { hubTexts } from './text-list'
import { hubText } from './texts'

let hub: TestHub
const root = mkdtempSync(join(tmpdir(), 'bitloom-texts-'))
beforeAll(async () => {
  hub = await startHub()
})
afterAll(async () => {
  await hub.close()
  rmSync(root, { recursive: true })
})

const client = () => new HubClient({ endpoint: endpointAt(hub.url), token: 'hf_secret' })
const text = { ...hubTexts[0]!, rows: 250 }
const rows = Array.from({ length: 230 }, (_, i) => (i % 3 === 0 ? '' : ` line ${i} \n`))

it('is made of all rows, a page at a time, and kept', async () => {
  hub.rows.set('Salesforce/wikitext/wikitext-2-raw-v1/test', rows)
  const progress: number[][] = []
  const store = diskStore(root)
  expect(await hubText(client(), store, text, (...step) => progress.push(step))).toBe(rows.join('\n\n'))
  expect(progress).toEqual([
    [0, 250],
    [100, 230],
    [200, 230],
  ])
  hub.seen.length = 0
  expect(await hubText(client(), store, text, () => {})).toBe(rows.join('\n\n'))
  expect(hub.seen).toEqual([])
})

it('that comes without rows, shortened or with too few of them, is not kept', async () => {
  const store = diskStore(join(root, 'other'))
  hub.faults.set('/rows', { body: '{"error":"x"}' })
  await expect(hubText(client(), store, text, () => {})).rejects.toThrow(
    /Salesforce\/wikitext: .* got rows without text/,
  )
  hub.faults.set('/rows', { body: JSON.stringify({ num_rows_total: 230, rows: [{ row: { text: 'a' } }] }) })
  await expect(hubText(client(), store, text, () => {})).rejects.toThrow(/got 1 rows from row 0/)
  expect(await store.files('texts')).toEqual([])
  const shortened = {
    num_rows_total: 2,
    rows: [{ row: { text: 'a' } }, { row: { text: 'b' }, truncated_cells: ['text'] }],
  }
  hub.faults.set('/rows', { body: JSON.stringify(shortened) })
  expect(await hubText(client(), store, text, () => {})).toBe('a')
})
