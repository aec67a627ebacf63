import { addressText } from '../../src/hub/address'
import { cachedModels } from '../../src/hub/cache'
import { command, UsageError } from '../command'
import { diskPath, diskStore } from '../disk-store'
import { megabytes } from '../progress'

export const cache = command({
  name: 'cache',
  positionals: [],
  summary: 'Lists what was downloaded from the Hugging Face Hub, and clears it.',
  flags: {
    clear: {
      type: 'text',
      value: 'REPO',
      help: 'Clears the models of one repository; with "all", everything, texts too.',
    },
  },
  async run({ values: { clear } }) {
    const store = diskStore()
    const models = (await cachedModels(store)).map((model) => ({ ...model, path: diskPath(model.folder) }))
    if (clear === 'all') for (const folder of await store.folders()) await store.remove(folder)
    else if (clear !== undefined) {
      const meant = models.filter((model) => model.repo === clear || addressText(model) === clear)
      if (meant.length === 0) throw new UsageError(`cache: --clear: expected a repository that is here, got '${clear}'`)
      for (const { folder } of meant) await store.remove(folder)
    }
    const left =
      clear === undefined
        ? models
        : (await cachedModels(store)).map((model) => ({ ...model, path: diskPath(model.folder) }))
    const lines = left.map(
      (model) =>
        `${megabytes(model.bytes).padStart(12)}  ${addressText(model)}${model.choice && ` ${model.choice}`}${model.complete ? '' : `  (of ${megabytes(model.total)})`}  ${model.path}`,
    )
    return { json: { models: left }, text: lines.join('\n') || 'nothing from the Hub is kept' }
  },
})
