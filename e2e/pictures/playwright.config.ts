import { defineConfig } from '@playwright/test'
import { chromium } from '../fixtures'

const port = Number(process.env.PORT ?? 4198)
const address = `http://127.0.0.1:${port}/`

/** Makes the pictures of README and docs, by `npm run screenshots`: everything else as the end-to-end tests have it. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.picture.ts',
  outputDir: '../../test-results/pictures',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    ...{ baseURL: address, launchOptions: chromium, trace: 'retain-on-failure' },
    ...{ viewport: { width: 1280, height: 800 }, colorScheme: 'light', contextOptions: { reducedMotion: 'reduce' } },
  },
  webServer: {
    command: `node ../../scripts/start.mjs --port ${port}`,
    url: address,
    reuseExistingServer: false,
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 1000 },
  },
})
