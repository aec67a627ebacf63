import { HubClient } from '../src/hub/client'
import { endpointAt } from '../src/hub/endpoint'
import { hubTexts } from '../src/hub/text-list'
import { hubText } from '../src/hub/texts'
import { UsageError } from './command'
import { diskStore } from './disk-store'
import { nodeHash } from './node-hash'
import { partsPrinter } from './progress'

/** Where a command finds the token for the Hub. */
export const tokenFlag = {
  'token-env': {
    type: 'text',
    value: 'NAME',
    help: 'Environment variable that holds the token, for gated and private repositories. Default: HF_TOKEN.',
  },
} as const

/** The Hub, or the server that HF_ENDPOINT names, with the person's token. */
export function hubClient(command: string, tokenEnv: string | undefined, signal?: AbortSignal): HubClient {
  const token = process.env[tokenEnv ?? 'HF_TOKEN'] ?? null
  if (tokenEnv !== undefined && !token)
    throw new UsageError(
      `${command}: --token-env: expected a variable that holds a token, got '${tokenEnv}', which is not set`,
    )
  return new HubClient({ endpoint: endpointAt(process.env.HF_ENDPOINT), token, signal, hash: nodeHash })
}

/** The text that `hub:…` names: from the cache, or downloaded. */
export async function textOfHub(name: string): Promise<{ name: string; text: string }> {
  const text = hubTexts.find((candidate) => candidate.name === name)
  if (!text) throw new UsageError(`expected ${hubTexts.map((known) => known.name).join(', ')}, got '${name}'`)
  const { pass } = partsPrinter()
  const tell = (done: number, total: number) => pass({ type: 'phase', phase: 'open', done, total, label: text.title })
  return { name, text: await hubText(hubClient('text', undefined), diskStore(), text, tell) }
}
