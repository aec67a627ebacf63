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
