import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aptInstall, aptSystem } from './apt.mjs'

const oldestMesa = 23

/**
 * What kind of adapter Dawn gave: 'gpu', 'lavapipe' (new enough for Dawn's needs), 'software' (SwiftShader, an older
 * lavapipe, WARP: right but slow) or 'none'.
 */
export function kindOf(adapter) {
  if (!adapter) return 'none'
  const name = adapter.description ?? ''
  const mesa = /llvmpipe.*Mesa (\d+)/.exec(name)
  if (mesa) return Number(mesa[1]) >= oldestMesa ? 'lavapipe' : 'software'
  return adapter.software || /swiftshader|llvmpipe/i.test(name) ? 'software' : 'gpu'
}

/** Asks Dawn in a child process, under the given variables, for an adapter and a device. */
function probe(variables = {}) {
  const script = fileURLToPath(new URL('probe-dawn.mjs', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [script], {
    env: { ...process.env, ...variables },
    encoding: 'utf8',
    timeout: 60_000,
  })
  const adapter = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : null
  return { variables, kind: kindOf(adapter), name: adapter?.description || adapter?.vendor }
}

/** Mesa's software driver from the distribution: Debian 12's own is too old for Dawn, its backports have a good one. */
async function installLavapipe() {
  const system = aptSystem()
  if (!system) return false
  return aptInstall(['mesa-vulkan-drivers', 'libvulkan1'], {
    backportsOf: system.codename === 'bookworm' ? system.codename : undefined,
  })
}

/** Folders where a Chromium keeps SwiftShader; the one on the PATH is often only a script that starts it elsewhere. */
const chromiumFolders = (browser) => [
  ...(browser ? [dirname(realpathSync(browser))] : []),
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/snap/chromium/current/usr/lib/chromium-browser',
]

function probeSwiftShader(browser) {
  for (const folder of chromiumFolders(browser)) {
    const driver = join(folder, 'vk_swiftshader_icd.json')
    if (!existsSync(driver)) continue
    const alone = probe({ VK_DRIVER_FILES: driver })
    if (alone.kind !== 'none') return alone
    // Without a Vulkan loader on the system, Chromium's own beside the driver will do.
    const paths = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
    const withLoader = probe({ VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: paths })
    if (withLoader.kind !== 'none') return withLoader
  }
  return undefined
}

/**
 * A driver for Dawn in Node, best first: a GPU's own, Mesa's lavapipe (installed when it can be), SwiftShader from the
 * browser's folder. Resolves to { kind, name, variables }, the variables being those a process needs to get it.
 */
export async function findVulkan(browser, saved) {
  const before = saved && probe(saved)
  if (before && before.kind !== 'none') return before
  const found = probe()
  if (found.kind === 'gpu' || found.kind === 'lavapipe' || process.platform !== 'linux') return found
  if (process.env.VK_DRIVER_FILES && found.kind !== 'none') return found
  if (await installLavapipe()) {
    const installed = probe()
    if (installed.kind !== 'none') return installed
  }
  return found.kind === 'software' ? found : (probeSwiftShader(browser) ?? found)
}
