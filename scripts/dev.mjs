import { install } from './install.mjs'
import { runTool } from './project.mjs'
import { writeTexts } from './texts.mjs'

await install()
writeTexts()
process.exit(await runTool('vite/bin/vite.js', process.argv.slice(2)))
