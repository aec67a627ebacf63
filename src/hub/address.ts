import { FormatError } from '../errors'
import { isPlainName } from '../formats/file-name'
import { publicHub } from './endpoint'

/** A repository of the Hub as a person writes it down. */
export interface HubAddress {
  /** `org/name`, or `name` alone for the oldest ones. */
  readonly repo: string
  /** Branch, tag or commit. */
  readonly revision: string
  /** The one file that the address names; null for the whole repository. */
  readonly file: string | null
}

const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/
/** What git allows in a branch or tag, less what would change the meaning of a URL. */
const REVISION = /^(?!.*\.\.)[\w.][\w./-]{0,199}$/

/** Reads `org/name`, `org/name@revision` or an address copied from the browser. FormatError for anything else. */
export function readAddress(text: string, hub: string = publicHub.hub): HubAddress {
  const trimmed = text.trim()
  const url = /^(https?:)?\/\/|^(huggingface\.co|hf\.co)\//.test(trimmed) ? urlOf(trimmed) : null
  if (url) return fromUrl(url, text, hub)
  const [, repo, revision] = /^([^@]+)(?:@(.+))?$/.exec(trimmed) ?? []
  return checked(text, repo ?? '', revision ?? 'main', null)
}

/** One line that reads back as the same address. */
export const addressText = ({ repo, revision }: Pick<HubAddress, 'repo' | 'revision'>): string =>
  revision === 'main' ? repo : `${repo}@${revision}`

function urlOf(text: string): URL | null {
  const full = text.replace(/^\/\//, 'https://').replace(/^(?!https?:)/, 'https://')
  return URL.canParse(full) ? new URL(full) : null
}

function fromUrl(url: URL, text: string, hub: string): HubAddress {
  const known = ['huggingface.co', 'www.huggingface.co', 'hf.co', new URL(hub).host]
  if (!known.includes(url.host)) throw wrong(text, `the host ${url.host}`)
  const parts = url.pathname.split('/').filter(Boolean).map(decoded)
  if (['datasets', 'spaces', 'docs', 'papers', 'collections'].includes(parts[0] ?? ''))
    throw wrong(text, `one of ${parts[0]}`)
  const verb = parts.findIndex((part, i) => i > 0 && ['tree', 'blob', 'resolve', 'raw'].includes(part))
  const repo = (verb < 0 ? parts.slice(0, 2) : parts.slice(0, verb)).join('/')
  const revision = verb < 0 ? 'main' : (parts[verb + 1] ?? 'main')
  const path = verb < 0 || parts[verb] === 'tree' ? [] : parts.slice(verb + 2)
  return checked(text, repo, revision, path.length > 0 ? path.join('/') : null)
}

const decoded = (part: string) => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function checked(text: string, repo: string, revision: string, file: string | null): HubAddress {
  const names = repo.split('/')
  if (names.length > 2 || !names.every((name) => NAME.test(name) && !name.includes('..'))) throw wrong(text)
  if (!REVISION.test(revision)) throw wrong(text, `the revision ${quoted(revision)}`)
  if (file !== null && !isPlainPath(file)) throw wrong(text, `the file ${quoted(file)}`)
  return { repo, revision, file }
}

const wrong = (text: string, what = quoted(text)) =>
  new FormatError(
    `hub: expected a model of huggingface.co as org/name, org/name@revision or its address, got ${what} — copy it from the model's page`,
  )

/** A text from outside, safe and short enough to show. */
export const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

/** A path that stays inside its folder on every system, and that shows as what it is. */
export const isPlainPath = (path: string): boolean => path.length <= 400 && path.split('/').every(isPlainName)
