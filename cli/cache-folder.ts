import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what can be had again is kept, as the system wants it. */
export function cacheFolder(): string {
  const folder =
    process.env.XDG_CACHE_HOME ||
    (process.platform === 'win32' && process.env.LOCALAPPDATA) ||
    join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache')
  return join(folder, 'bitloom')
}
