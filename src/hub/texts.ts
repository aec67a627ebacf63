import { z } from 'zod'
import { type HubClient, malformed } from './client'
import { type FileStore, readText, writeText } from './store'

/** A text that is made of rows of a data set on the Hub, when somebody asks for it. */
export interface HubText {
  /** As recipes call it: `hub:` says where it comes from. */
  readonly name: string
  readonly title: string
  readonly dataset: string
  readonly config: string
  readonly split: string
  /** The first rows of the split. */
  readonly rows: number
  readonly license: string
  readonly use: 'calibration' | 'evaluation'
  /** About what the text takes. */
  readonly bytes: number
}

const wikitext = {
  ...{ dataset: 'Salesforce/wikitext', config: 'wikitext-2-raw-v1' },
  license: 'CC BY-SA 3.0 and GFDL',
}

export const hubTexts: readonly HubText[] = [
  {
    ...{ name: 'hub:wikitext-2-test', title: 'WikiText-2 raw, test', ...wikitext },
    ...{ split: 'test', rows: 4358, use: 'evaluation', bytes: 1_300_000 },
  },
  {
    ...{ name: 'hub:wikitext-2-train', title: 'WikiText-2 raw, train: first 8 000 lines', ...wikitext },
    ...{ split: 'train', rows: 8000, use: 'calibration', bytes: 2_400_000 },
  },
  {
    ...{ name: 'hub:c4-sample', title: 'C4: first 1 000 pages of validation', dataset: 'allenai/c4', config: 'en' },
    ...{ license: 'ODC-BY', split: 'validation', rows: 1000, use: 'calibration', bytes: 2_200_000 },
  },
]

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
