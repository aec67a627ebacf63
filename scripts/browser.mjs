import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { aptInstall, aptSystem } from './apt.mjs'
import { runTool } from './project.mjs'

const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
const elsewhere = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
    .filter((name) => process.env[name])
    .map((name) => join(process.env[name], 'Google/Chrome/Application/chrome.exe')),
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether the browser starts far enough to tell its version; a snap's stub or one that lacks libraries does not. */
function works(path) {
  if (!isExecutable(path)) return false
  // On Windows the question opens a window.
  return process.platform === 'win32' || spawnSync(path, ['--version'], { timeout: 30_000 }).status === 0
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...candidates, ...(elsewhere[process.platform] ?? [])].find(works)
}

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return works(path) ? path : undefined
}

/**
 * A Chrome or Chromium for the end-to-end tests: the one CHROME_PATH names, one on the PATH, Playwright's own, or
 * else one it installs. Resolves to { path, from }, undefined when none can be had.
 */
export async function findBrowser(saved) {
  const named = process.env.CHROME_PATH
  if (named) {
    if (!existsSync(named))
      throw new Error(`CHROME_PATH: expected a browser, got '${named}', which is not there — correct or unset it`)
    return { path: named, from: 'CHROME_PATH' }
  }
  if (saved && isExecutable(saved)) return { path: saved, from: 'found before' }
  const installed = onPath()
  if (installed) return { path: installed, from: 'installed' }
  const own = await playwrightsOwn()
  if (own) return { path: own, from: "Playwright's own" }
  // Ubuntu's package of that name only points to a snap.
  if (aptSystem()?.id === 'debian' && (await aptInstall(['chromium', 'fonts-liberation']))) {
    const path = onPath()
    if (path) return { path, from: 'just installed with apt-get' }
  }
  const withLibraries = aptSystem() ? ['--with-deps'] : []
  await runTool('@playwright/test/cli.js', ['install', ...withLibraries, 'chromium'])
  const downloaded = await playwrightsOwn()
  return downloaded && { path: downloaded, from: 'just downloaded by Playwright' }
}
