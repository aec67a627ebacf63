import * as z from 'zod/mini'

/** What ships with the page, as the build step lists it in `models/index.json` and `texts/index.json`. */
const bundledModel = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number() })),
})
const bundledText = z.object({
  name: z.string(),
  title: z.string(),
  package: z.string(),
  license: z.string(),
  file: z.string(),
  use: z.enum(['calibration', 'evaluation']),
  bytes: z.number(),
})

export type BundledModel = z.infer<typeof bundledModel>
export type BundledText = z.infer<typeof bundledText>

export interface Catalog {
  readonly models: readonly BundledModel[]
  readonly texts: readonly BundledText[]
}

/** Where the page's own files are fetched from; tests give their own. */
export type FetchText = (path: string) => Promise<string>

/** A list that is not there is empty: a page without bundled files still opens dropped ones. */
export async function loadCatalog(fetchText: FetchText): Promise<Catalog> {
  const list = async <T>(path: string, schema: z.ZodMiniType<T>): Promise<readonly T[]> => {
    try {
      return z.array(schema).parse(JSON.parse(await fetchText(path)))
    } catch {
      return []
    }
  }
  const [models, texts] = await Promise.all([
    list('models/index.json', bundledModel),
    list('texts/index.json', bundledText),
  ])
  return { models, texts }
}

export const textPath = (text: BundledText): string => `texts/${encodeURIComponent(text.file)}`

export const modelBytes = (model: BundledModel): number => model.files.reduce((sum, file) => sum + file.bytes, 0)
