import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './project.mjs'

const file = join(root, '.setup/env.json')

/** Variables that set-up found to be needed here: CHROME_PATH, VK_DRIVER_FILES … None before it ran. */
function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

/** What set-up saved, less what the person has set: a variable of theirs always wins. */
export const savedVariables = () =>
  Object.fromEntries(Object.entries(read()).filter(([name]) => process.env[name] === undefined))

export function saveVariables(variables) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(variables, null, 2)}\n`)
}
