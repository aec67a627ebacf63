import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { FormatError } from '../../src/errors'
import { folderNames } from '../../src/formats/node-files'
import { pushFiles } from '../../src/hub/push'
import { command } from '../command'
import { hubClient, tokenFlag } from '../hub'
import { atMostEvery, megabytes, say } from '../progress'

export const push = command({
  name: 'push',
  positionals: ['PATH'],
  summary:
    'Uploads a file or the files of a folder to a repository of the Hugging Face Hub. Needs a token that may write.',
  flags: {
    repo: {
      type: 'text',
      value: 'ACCOUNT/NAME',
      required: true,
      help: 'Repository to upload to; made where there is none.',
    },
    private: { type: 'switch', help: 'A repository that is made is private.' },
    ...tokenFlag,
  },
  async run({ positionals: [path], values, signal }) {
    const paths = await folderNames(path!)
    if (paths.length === 0)
      throw new FormatError(`${path}: expected files to upload, got an empty folder — choose another`)
    const client = hubClient('push', values['token-env'], signal)
    const files = await Promise.all(paths.map(async (file) => ({ path: basename(file), blob: await openAsBlob(file) })))
    const due = atMostEvery(1000)
    const address = await pushFiles(client, {
      ...{ repo: values.repo, isPrivate: values.private, files },
      onProgress: ({ phase, file, done, total }) => {
        if (due()) say(`${phase} ${megabytes(done)} of ${megabytes(total)}  ${file}`)
      },
    })
    const bytes = files.reduce((sum, { blob }) => sum + blob.size, 0)
    return { json: { repo: values.repo, address, bytes }, text: `${address}  ${megabytes(bytes)}` }
  },
})
