import { install } from './install.mjs'
import { isMain, isStale, must, runTool } from './project.mjs'
import { writeTexts } from './texts.mjs'

const shared = ['src', 'bench', 'shaders', 'package-lock.json', 'tsconfig.json']
const vite = 'vite/bin/vite.js'

/** Builds the studio into dist/ unless it is newer than everything it is made from. Needs installed dependencies. */
export async function buildPage() {
  writeTexts()
  if (
    !isStale('dist/index.html', [
      ...shared,
      'index.html',
      'public',
      'vite.config.ts',
      'scripts/csp.mjs',
      'scripts/offline.mjs',
    ])
  )
    return
  must(await runTool(vite, ['build', '--logLevel', 'warn']), 'Building the studio')
}

/** Builds dist-cli/bitloom.mjs unless it is newer than its sources. Says nothing on standard output. */
export async function buildCli() {
  if (!isStale('dist-cli/bitloom.mjs', [...shared, 'cli', 'vite.cli.config.ts'])) return
  const args = ['build', '--config', 'vite.cli.config.ts', '--logLevel', 'warn']
  must(await runTool(vite, args, { quiet: true }), 'Building the command line')
}

if (isMain(import.meta.url)) {
  await install()
  await buildPage()
  await buildCli()
}
