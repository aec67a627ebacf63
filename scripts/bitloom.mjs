import { join } from 'node:path'
import { buildCli } from './build.mjs'
import { savedVariables } from './environment.mjs'
import { install } from './install.mjs'
import { root, run } from './project.mjs'

await install({ quiet: true })
await buildCli()
// npm runs scripts in the checkout; paths on the command line are meant from where the person stands.
const cwd = process.env.INIT_CWD ?? process.cwd()
const args = [join(root, 'dist-cli/bitloom.mjs'), ...process.argv.slice(2)]
process.exit(await run(process.execPath, args, { cwd, env: savedVariables() }))
