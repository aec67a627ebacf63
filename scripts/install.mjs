import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { giveUp, must, root, run } from './project.mjs'

const neededNode = [20, 19, 0]

/** What is wrong with a Node version such as '20.11.1', or undefined when it will do. */
export function nodeProblem(version) {
  const have = version.split('.').map(Number)
  const first = neededNode.findIndex((part, i) => have[i] !== part)
  if (first === -1 || have[first] > neededNode[first]) return undefined
  return `Node: expected ${neededNode.join('.')} or newer, got ${version} — install a current Node from https://nodejs.org`
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm leaves its own account of what it installed there;
 * comparing contents, not times, stays right across checkouts, copies and caches.
 */
export function isInstalled(wanted, installed) {
  const same = (path) => installed[path]?.version === wanted[path].version
  return Object.keys(wanted).every(
    // Optional packages are for other systems; npm leaves them out of its account.
    (path) => path === '' || same(path) || (wanted[path].optional && !installed[path]),
  )
}

const packagesIn = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages

/** Stops on a Node too old, then installs dependencies when they are missing or not those of package-lock.json. */
export async function install({ quiet = false } = {}) {
  const problem = nodeProblem(process.versions.node)
  if (problem) giveUp(problem)
  const account = 'node_modules/.package-lock.json'
  if (existsSync(join(root, account)) && isInstalled(packagesIn('package-lock.json'), packagesIn(account))) return
  console.error('Installing dependencies (npm ci)')
  // llama.cpp, which tests ask, comes built; where it does not it is not worth building
  const env = { NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' }
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm start` npm says where it lives; asked directly on Windows it is a batch file beside node.
  const npm = process.env.npm_execpath
  const code = npm
    ? await run(process.execPath, [npm, ...args], { quiet, env })
    : await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { quiet, env })
  must(code, 'npm ci')
}
