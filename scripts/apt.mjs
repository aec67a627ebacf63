import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { run } from './project.mjs'

const sourcesFolder = '/etc/apt/sources.list.d'

/** The ID and VERSION_CODENAME of /etc/os-release, quotes taken off; {} where there is no such file. */
export function parseOsRelease(text) {
  const fields = text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)
  return Object.fromEntries(Array.from(fields, ([, name, value]) => [name, value]))
}

/** The Debian-like system we may install packages on, or undefined: not Linux, no apt, not root. */
export function aptSystem() {
  if (process.platform !== 'linux' || process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  const { ID, VERSION_CODENAME } = parseOsRelease(readFileSync('/etc/os-release', 'utf8'))
  return { id: ID, codename: VERSION_CODENAME }
}

/** Adds Debian's backports of this release to apt's sources when no source names them yet. */
function addBackports(codename) {
  const suite = `${codename}-backports`
  const known = ['/etc/apt/sources.list', ...readdirSync(sourcesFolder).map((name) => `${sourcesFolder}/${name}`)]
    .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
    .some((path) => readFileSync(path, 'utf8').includes(suite))
  if (known) return
  const file = `${sourcesFolder}/${suite}.list`
  console.log(`Adding ${suite} to apt's sources (${file})`)
  writeFileSync(file, `deb http://deb.debian.org/debian ${suite} main\n`)
}

/** Installs packages, from backports of `backportsOf` when given. Resolves to whether it worked; apt says why not. */
export async function aptInstall(packages, { backportsOf } = {}) {
  if (backportsOf) addBackports(backportsOf)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const target = backportsOf ? ['-t', `${backportsOf}-backports`] : []
  console.log(`Installing ${packages.join(', ')} with apt-get`)
  // A source that cannot be reached need not be one that these packages come from: try to install all the same.
  await run('apt-get', ['-qq', 'update'], { env })
  const args = ['-qq', '-y', '--no-install-recommends', ...target, 'install', ...packages]
  return (await run('apt-get', args, { env })) === 0
}
