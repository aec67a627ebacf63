import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { savedVariables } from './environment.mjs'
import { root } from './project.mjs'

/** The ground of public/favicon.svg. A maskable icon has it up to its edges, and what counts within the middle four fifths. */
const GROUND = '#16181b'
const ICONS = [
  { name: '192', size: 192, inner: 1 },
  { name: '512', size: 512, inner: 1 },
  { name: 'maskable-512', size: 512, inner: 0.72 },
]

/** Draws the icons of the web app manifest from public/favicon.svg: `node scripts/icons.mjs` after that has changed. */
const svg = readFileSync(join(root, 'public/favicon.svg'), 'utf8')
const folder = join(root, 'public/icons')
mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? savedVariables().CHROME_PATH,
  args: ['--no-sandbox'],
})
try {
  for (const { name, size, inner } of ICONS) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    const ground = inner < 1 ? GROUND : 'transparent'
    const side = Math.round(size * inner)
    await page.setContent(
      `<style>body{margin:0;display:grid;place-items:center;height:100vh;background:${ground}}svg{width:${side}px}</style>${svg}`,
    )
    writeFileSync(join(folder, `${name}.png`), await page.screenshot({ omitBackground: true }))
    await page.close()
  }
} finally {
  await browser.close()
}
