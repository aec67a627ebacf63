import type { Page } from '@playwright/test'

/** Puts code before the engine's own, in its worker. */
export const beforeEngine = (page: Page, code: string) =>
  page.route('**/engine.worker*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${code}\n${await response.text()}` })
  })

/** Lets `endWorker` end the engine's worker; before the page is opened. */
export const knowWorkers = (page: Page) =>
  page.addInitScript(() => {
    const workers: Worker[] = []
    Object.assign(window, {
      workers,
      Worker: class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args)
          workers.push(this)
        }
      },
    })
  })

/** As the browser does where a worker takes too much memory. */
export const endWorker = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const worker = (window as unknown as { workers: Worker[] }).workers.at(-1)!
    worker.terminate()
    worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))
  })
