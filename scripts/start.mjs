import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPage } from './build.mjs'
import { install } from './install.mjs'
import { giveUp, root } from './project.mjs'
import { serve } from './serve.mjs'

const firstPort = 4173
const portsTried = 20

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const asked = values.port === undefined ? undefined : Number(values.port)
if (asked !== undefined && !(Number.isInteger(asked) && asked >= 0 && asked < 65536)) {
  giveUp(
    `--port: expected a number from 0 to 65535, got '${values.port}' — leave it out for ${firstPort} or the next free`,
  )
}

await install()
await buildPage()
const server = await listen()
console.log(`\nBitloom is at http://localhost:${server.address().port}/  (Ctrl+C ends it)`)

/** A port asked for by number is that port or nothing; else the first free one from `firstPort` on. */
async function listen() {
  const candidates = asked === undefined ? Array.from({ length: portsTried }, (_, i) => firstPort + i) : [asked]
  for (const port of candidates) {
    try {
      return await serve(join(root, 'dist'), port)
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error
    }
  }
  return giveUp(
    asked === undefined
      ? `port: expected a free one from ${firstPort} to ${candidates.at(-1)}, got none — name another with --port`
      : `--port: expected a free port, got ${asked}, which is in use — name another or leave it out`,
  )
}
