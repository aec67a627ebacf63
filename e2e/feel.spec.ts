import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { serve } from '../scripts/serve.mjs'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const DIST = resolve(import.meta.dirname, '../dist')

test.describe('without a network', () => {
  test.use({ serviceWorkers: 'allow' })
  let server: Server
  test.beforeEach(async () => {
    server = await serve(DIST, 0)
  })
  test.afterEach(() => void server.close())

  test('the second visit opens the studio and quantizes a bundled model', async ({ page, context }) => {
    const studio = new Studio(page)
    const address = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    await page.goto(address)
    const keep = page.getByRole('checkbox', { name: 'Keep the bundled models and texts' })
    await keep.check()
    await expect(keep).toBeEnabled()
    await expect(keep).toBeChecked()
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    await context.setOffline(true)

    await page.goto(`${address}#step-open`)
    await page.reload()
    await page.getByRole('button', { name: 'Quantize Wren Nano now' }).click()
    await expect(studio.step('run').getByText('finished')).toBeVisible({ timeout: 60_000 })
    await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
  })
})
