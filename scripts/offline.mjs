import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { root } from './project.mjs'

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** What is fetched when it is opened, not beforehand. */
const isData = (path) => /^(models|texts)\/(?!index\.json$)/.test(path)

/** Sources and notes that no page asks for. */
const isUnused = (path) => /(\.map|\.md|^sw\.js)$/.test(path)

/** The release in a built folder (src/offline/release.ts). */
export function releaseOf(dist) {
  const paths = readdirSync(dist, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => statSync(join(dist, path)).isFile() && !isUnused(path))
    .sort()
  const files = paths.map((path) => {
    const bytes = readFileSync(join(dist, path))
    return { path, hash: hashOf(bytes), bytes: bytes.length }
  })
  return {
    version: hashOf(JSON.stringify(files)),
    shell: paths.filter((path) => !isData(path)),
    data: Object.fromEntries(
      files.filter(({ path }) => isData(path)).map(({ path, hash, bytes }) => [path, { hash, bytes }]),
    ),
  }
}

/** Vite's part of it: builds the service worker, which knows every file of the release, after everything else. */
export const offline = {
  name: 'offline',
  apply: 'build',
  enforce: 'post',
  configResolved({ build: { outDir } }) {
    offline.dist = resolve(root, outDir)
  },
  async closeBundle(error) {
    if (error) return
    const { dist } = offline
    await build({
      configFile: false,
      root,
      publicDir: false,
      logLevel: 'warn',
      define: { __RELEASE__: JSON.stringify(releaseOf(dist)) },
      build: {
        outDir: dist,
        emptyOutDir: false,
        target: 'es2022',
        rolldownOptions: {
          input: join(root, 'src/offline/service-worker.ts'),
          output: { format: 'iife', entryFileNames: 'sw.js' },
        },
      },
    })
  },
}
