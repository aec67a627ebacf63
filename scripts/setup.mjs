import { findBrowser } from './browser.mjs'
import { savedVariables, saveVariables } from './environment.mjs'
import { install } from './install.mjs'
import { giveUp, isMain } from './project.mjs'
import { findVulkan } from './vulkan.mjs'

/**
 * Finds or gets what the tests need beyond npm packages, says which it took, and saves the variables that lead there.
 * What was saved before is only looked at again (under a second) unless `afresh`. Missing parts are reported, not fatal:
 * the tests that need them will fail, the others still tell something.
 */
export async function setUp({ afresh = false } = {}) {
  await install()
  const { CHROME_PATH, ...driver } = afresh ? {} : savedVariables()
  const browser = await findBrowser(CHROME_PATH)
  console.log(
    browser
      ? `Browser: ${browser.path} (${browser.from})`
      : 'Browser: none found, none could be installed — install Chrome or Chromium, or set CHROME_PATH',
  )
  const vulkan = await findVulkan(browser?.path, Object.keys(driver).length > 0 ? driver : undefined)
  const through = Object.entries(vulkan.variables).map(([name, value]) => `${name}=${value}`)
  console.log(
    vulkan.kind === 'none'
      ? 'WebGPU in Node: no adapter — install a Vulkan driver (Debian: mesa-vulkan-drivers 23 or newer, libvulkan1)'
      : `WebGPU in Node: ${vulkan.name} (${[vulkan.kind, ...through].join(', ')})`,
  )
  saveVariables({ ...(browser && { CHROME_PATH: browser.path }), ...vulkan.variables })
}

if (isMain(import.meta.url)) await setUp({ afresh: true }).catch((error) => giveUp(error.message))
