import { expect, type LaunchOptions, test as plain } from '@playwright/test'
import { savedVariables } from '../scripts/environment.mjs'

/**
 * How to start Chromium so that it has WebGPU on any machine: Dawn's software adapter, the same with and without a GPU.
 * The browser is the one set-up found; Playwright's own when set-up never ran.
 */
export const chromium: LaunchOptions = {
  executablePath: process.env.CHROME_PATH ?? savedVariables().CHROME_PATH,
  args: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--disable-gpu-watchdog',
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
}

/** IDLE=1: nothing else is at work on this machine, so what is said of time is asserted, too. */
export const idle = process.env.IDLE === '1'

/** A test whose page may throw nothing uncaught and may ask for nothing its security policy forbids. */
export const test = plain.extend<{ cleanPage: undefined }>({
  cleanPage: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error' && /Content Security Policy|Trusted/.test(message.text()))
          complaints.push(message.text())
      })
      await use(undefined)
      expect(complaints, 'uncaught errors and policy violations in the page').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }
