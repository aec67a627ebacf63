import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { savedVariables } from '../../scripts/environment.mjs'
import { root } from '../../scripts/project.mjs'
import { serve } from '../../scripts/serve.mjs'

const COMMON = ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-gpu-watchdog']

/** Dawn's software adapter: the same on every machine. */
export const SOFTWARE = [...COMMON, '--use-webgpu-adapter=swiftshader']

/**
 * The machine's GPU without a display. A headless Chromium draws in software until `--enable-gpu`; on Linux its search for a
 * driver wants an X server, which naming Vulkan for ANGLE and for itself spares it, and without surfaces Vulkan needs none either
 * (docs/gpu/using-gpu-hardware-in-headless-chrome.md of Chromium's sources).
 */
export const HARDWARE = [
  ...COMMON,
  ...['--enable-gpu', '--ignore-gpu-blocklist', '--disable-gpu-sandbox'],
  ...(process.platform === 'linux'
    ? ['--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface']
    : []),
]

/** What the header says until it knows the device. */
const STARTING = 'Starting'

/** A browser; `executable` is the one that set-up found unless given. */
export const launch = (args, executable) =>
  chromium.launch({ executablePath: executable ?? process.env.CHROME_PATH ?? savedVariables().CHROME_PATH, args })

/** The built page on a port of its own. */
export async function servePage() {
  const server = await serve(join(root, 'dist'), 0)
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}

/** A visit by somebody who was never here before, until the page names its device or that there is none. */
export async function visit(browser, address) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  await prepare(page)
  await open(page, address)
  return page
}

/** Nobody is there to answer a file dialog: without the picker the page downloads instead. */
export const prepare = (page) =>
  page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }))

export async function open(page, address) {
  await page.goto(address)
  await page.locator('.device', { hasNotText: STARTING }).waitFor({ timeout: 60_000 })
}

/** What draws, and what computes: the rows of chrome://gpu that matter, and the adapter that a page is given. */
export async function facts(browser, page) {
  const session = await browser.newBrowserCDPSession()
  const { gpu } = await session.send('SystemInfo.getInfo')
  await session.detach()
  const { auxAttributes: aux = {}, featureStatus: status = {}, devices } = gpu
  const adapter = await page.evaluate(async () => {
    const found = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' })
    if (!found) return null
    const { vendor, architecture, device, description, isFallbackAdapter } = found.info
    const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = found.limits
    return {
      ...{ vendor, architecture, device, description, isFallbackAdapter },
      ...{ maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize },
      features: [...found.features].sort(),
    }
  })
  return {
    browser: browser.version(),
    studio: await page.locator('.device').innerText(),
    adapter,
    gpu: devices.map(({ vendorString, deviceString, driverVendor, driverVersion }) =>
      [vendorString, deviceString, driverVendor, driverVersion].filter(Boolean).join(' '),
    ),
    renderer: aux.glRenderer ?? null,
    skia: aux.skiaBackendType ?? null,
    status: Object.fromEntries(
      ['webgpu', 'vulkan', 'gpu_compositing', 'rasterization'].map((name) => [name, status[name]]),
    ),
  }
}

/** Whether what computes is a processor. */
export const isSoftware = ({ adapter, studio }) =>
  !adapter || adapter.isFallbackAdapter || /\bsoftware\b/.test(studio.replace('\n', ' '))
