import { z } from 'zod'
import { type FileStore, readText, writeText } from '../storage/store'
import { type HubClient, malformed } from './client'
import type { HubText } from './text-list'

/** The most that the server gives at once. */
const PAGE = 100
const FOLDER = 'texts'

const page = z.object({
  num_rows_total: z.int().min(0),
  rows: z.array(z.object({ row: z.object({ text: z.string() }), truncated_cells: z.array(z.string()).default([]) })),
})

/**
 * The text, from the store or else the Hub: its rows with an empty line between them, as GPTQ and its followers join them.
 * Rows that the server shortens are left out. `onProgress` gets rows done and rows in all.
 */
export async function hubText(
  client: HubClient,
  store: FileStore,
  text: HubText,
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  const name = `${text.name.replace('hub:', '')}.txt`
  const kept = await readText(store, FOLDER, name)
  if (kept !== null) return kept
  const rows: string[] = []
  for (let offset = 0, total = text.rows; offset < total; offset += PAGE) {
    onProgress(offset, total)
    const length = Math.min(PAGE, total - offset)
    const answer = await readPage(client, text, offset, length)
    total = Math.min(total, answer.num_rows_total)
    if (answer.rows.length !== Math.min(length, total - offset))
      throw malformed(text.dataset, `${answer.rows.length} rows from row ${offset}`)
    rows.push(...answer.rows.filter((row) => row.truncated_cells.length === 0).map(({ row }) => row.text))
  }
  const whole = rows.join('\n\n')
  await writeText(store, FOLDER, name, whole)
  return whole
}

async function readPage(client: HubClient, { dataset, config, split }: HubText, offset: number, length: number) {
  const query = new URLSearchParams({ dataset, config, split, offset: String(offset), length: String(length) })
  const { body } = await client.json(`${client.endpoint.rows}/rows?${query}`, { repo: dataset })
  const answer = page.safeParse(body)
  if (!answer.success) throw malformed(dataset, 'rows without text')
  return answer.data
}
