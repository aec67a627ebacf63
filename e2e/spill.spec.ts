import { expect, test } from './fixtures'
import { packed } from './packed'
import { Studio } from './studio'
import { beforeEngine } from './worker'

/** A machine that tells the page of so little memory that nothing fits; the worker counts the files that states go to. */
const SMALL = `
Object.defineProperty(WorkerNavigator.prototype, 'deviceMemory', { get: () => 0.25 })
self.statesWritten = 0
const append = FileSystemFileHandle.prototype.createSyncAccessHandle
FileSystemFileHandle.prototype.createSyncAccessHandle = function () {
  if (this.name.startsWith('states-')) self.statesWritten++
  return append.call(this)
}`

test('on a small machine hidden states go to the private file system, and change nothing', async ({ page }) => {
  const studio = new Studio(page)
  const made = async () => {
    await studio.open()
    await studio.openBundled('Wren Nano')
    await studio.setRecipe('GPTQ', 4)
    await studio.quantize()
    return (await packed(studio)).lasting
  }
  const roomy = await made()
  await beforeEngine(page, SMALL)
  expect(await made()).toEqual(roomy)
  const worker = page.workers()[0]!
  // two streams, written before the first block and behind every one
  const written = await worker.evaluate(() => (self as unknown as { statesWritten: number }).statesWritten)
  expect(written).toBeGreaterThanOrEqual(2 * 5)
  const left = await page.evaluate(async () => {
    const scratch = await (await navigator.storage.getDirectory()).getDirectoryHandle('scratch')
    const names: string[] = []
    for await (const name of scratch.keys()) names.push(name)
    return names
  })
  expect(left).toEqual([])
})
