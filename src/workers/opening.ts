import { FormatError } from '../errors'
import { type ByteSource, blobSource } from '../formats/bytes'
import { assess } from '../formats/open'
import { isSideFile } from '../formats/side-files'
import { openViewed } from '../formats/viewed'
import { inspect } from '../pipeline/inspect'
import { whyOnlyLook } from '../pipeline/only-look'
import { openFiles } from '../pipeline/opened'
import type { EngineApi, OpenResult } from './api'
import { fetchBundled } from './bundled'
import type { HubDesk } from './hub-desk'
import { remembering } from './remembering'
import type { ModelHome } from './runs-api'
import type { Session } from './session'

type Opening = Pick<EngineApi, 'offerFiles' | 'lookAtPile' | 'openBundled' | 'openCached'>

/** Opens models, and files to be looked at, wherever they come from. */
export function opening(session: Session, hub: HubDesk): Opening {
  /** Files that wait for others, and what the folder was called that they came in. */
  let pile: ByteSource[] = []
  let pileFolder: string | null = null

  /** Opens whole files; what was open stays until everything has been checked. */
  async function open(files: ByteSource[], name: string, home: ModelHome): Promise<OpenResult> {
    const opened = await openFiles(files, name).catch(async (error) => {
      const reason = error instanceof FormatError ? await whyOnlyLook(files, error) : null
      if (reason === null) throw error
      return reason
    })
    if (typeof opened === 'string') return look(files, name, opened)
    const viewed = await openViewed(files, name)
    await session.open({ ...opened, tokenizer: remembering(opened.tokenizer) }, home, viewed)
    const inspection = inspect(session.model(), session.gpuInfo)
    return { state: 'ready', inspection, report: opened.packed?.report ?? null, view: viewed.facts }
  }

  async function look(files: ByteSource[], name: string, reason: string): Promise<OpenResult> {
    const viewed = await openViewed(files, name)
    await session.look(viewed)
    pile = []
    return { state: 'view', view: viewed.facts, reason }
  }

  return {
    async offerFiles(added, reset, folder) {
      const fresh = added.map((file) => blobSource(file, file.name))
      const files = [...(reset ? [] : pile), ...fresh]
      const assessment = await assess(files)
      if (assessment.state === 'unknown') throw new FormatError(assessment.reason)
      if (assessment.state === 'incomplete') {
        // A file that is no model's would vanish without a word in a pile that waits for others.
        const alone = fresh.some(({ name }) => isSideFile(name)) ? assessment : await assess(fresh)
        if (alone.state === 'unknown') throw new FormatError(alone.reason)
        const reason = await whyOnlyLook(files)
        if (reason !== null) return look(files, folder ?? nameOf(files), reason)
        pile = files
        pileFolder = folder
        return assessment
      }
      const names = files.map(({ name }) => name)
      const opened = await open(files, folder ?? nameOf(files), { from: 'files', names })
      pile = []
      return opened
    },

    async lookAtPile() {
      const assessment = await assess(pile)
      const missing = assessment.state === 'incomplete' ? assessment.missing : []
      return look(pile, pileFolder ?? nameOf(pile), `${listed(missing)} missing`)
    },

    openBundled: async (name, onProgress) => open(await fetchBundled(name, onProgress), name, { from: 'page', name }),

    openCached: async (folder, name) => open(await hub.files(folder), name, { from: 'hub', folder, name }),
  }
}

/** 'config.json and tokenizer.json are'. */
function listed(names: readonly string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names
  const last = shown.at(-1) ?? 'nothing'
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last} are` : `${last} is`
}

/** Files without a folder are called after their weights. */
function nameOf(files: readonly ByteSource[]): string {
  const weights = files.find(({ name }) => /\.(safetensors|gguf)$/i.test(name))?.name
  return weights?.replace(/((\.bitloom)?\.safetensors|(-\d{5}-of-\d{5})?\.gguf)$/i, '') ?? 'model'
}
