import { defineConfig } from '@playwright/test'
import { chromium } from './e2e/fixtures'

const port = 4199
const address = `http://127.0.0.1:${port}/`

/** End-to-end tests: the production build, its own server, a real Chromium with WebGPU. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  workers: 1,
  retries: 0,
  // A software GPU takes its time.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/playwright.json' }]],
  // what a service worker fetches cannot be routed: e2e/feel.spec.ts alone has one
  use: { baseURL: address, launchOptions: chromium, trace: 'retain-on-failure', serviceWorkers: 'block' },
  webServer: {
    command: `node scripts/start.mjs --port ${port}`,
    url: address,
    reuseExistingServer: false,
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 1000 },
  },
})
