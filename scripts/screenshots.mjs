import { join } from 'node:path'
import { savedVariables } from './environment.mjs'
import { install } from './install.mjs'
import { root, run, runTool } from './project.mjs'
import { setUp } from './setup.mjs'

// Makes every picture of README and docs anew: docs/screenshots. Arguments go to Playwright, as `-g "the steps"`.
await install()
await setUp()
const built = await run(process.execPath, [join(root, 'scripts/build.mjs')])
const config = join(root, 'e2e/pictures/playwright.config.ts')
const args = ['test', '--config', config, ...process.argv.slice(2)]
process.exit(built || (await runTool('@playwright/test/cli.js', args, { env: savedVariables() })))
