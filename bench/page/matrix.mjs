/**
 * The matrix map in Chromium: how long it takes to open, and how it is dragged.
 * bench/matrix-map.mjs and bench/page.mjs measure with it.
 */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { root } from '../../scripts/project.mjs'

/** A packed file of random codes, its down projection [rows, columns]. `mixed` gives every 32nd column 8 bits. */
export async function writeMatrix(file, { rows, columns, bits, mixed }) {
  const { createServer } = await import('vite')
  const vite = await createServer({
    ...{ root, appType: 'custom', logLevel: 'error' },
    server: { middlewareMode: true, ws: false },
  })
  const widthOf = (column) => (mixed && column % 32 === 7 ? 8 : bits)
  const { packedMatrix } = await vite.ssrLoadModule('/test/packed-matrix.ts')
  await pipeline(Readable.from(packedMatrix({ rows, columns, widthOf, groupSize: 128 })), createWriteStream(file))
  await vite.close()
}

const figure = (page) => page.locator('figure.matrix')
const map = (page) => figure(page).locator('[role=application]')

/** Opens the file on a page of the studio, until its matrix has a map. */
export async function openMatrixFile(page, file) {
  await page.locator('#step-open input[type=file]').first().setInputFiles(file)
  await page
    .locator('#step-look')
    .getByRole('application', { name: /^Matrix map/ })
    .waitFor({ timeout: 120_000 })
}

/** Keys on the model map: its last row is the matrix, the first another. */
async function walk(page, keys) {
  await page
    .locator('#step-look')
    .getByRole('application', { name: /^Model map/ })
    .focus()
  for (const key of keys) await page.keyboard.press(key)
}

/** Selects another matrix, waits until it is drawn, and stands on the large one. */
export async function standOnMatrix(page) {
  await walk(page, [...new Array(6).fill('ArrowUp'), 'Enter'])
  await page
    .locator('#step-look')
    .getByRole('application', { name: /^Matrix map of .*q_proj/ })
    .waitFor()
  await figure(page).locator('[aria-busy=false]').waitFor({ timeout: 120_000 })
  await walk(page, new Array(6).fill('ArrowDown'))
}

/**
 * From the press that selects the matrix to the frames that show it `first` and `exact`, in milliseconds of the page's own
 * clock. `first` is null where the exact picture was as soon.
 */
export async function openMatrix(page) {
  await page.evaluate(() => {
    window.firstPicture = new Promise((done) => {
      document.addEventListener(
        'keydown',
        () => {
          const begun = performance.now()
          let busy = false
          let first = null
          const frame = () => {
            const map = document.querySelector('figure.matrix [role=application][aria-label*=down_proj]')
            busy ||= map?.getAttribute('aria-busy') === 'true'
            if (first === null && map?.hasAttribute('data-sketch')) first = performance.now() - begun
            // busy no more: this frame's effects have drawn
            if (busy && map?.getAttribute('aria-busy') === 'false')
              requestAnimationFrame(() => done({ first, exact: performance.now() - begun }))
            else requestAnimationFrame(frame)
          }
          requestAnimationFrame(frame)
        },
        { once: true, capture: true },
      )
    })
  })
  await page.keyboard.press('Enter')
  return page.evaluate(() => window.firstPicture)
}

/** Powers of two that the map is dragged at. */
export const ZOOMS = [1, 3, 5, 8]

/** Brings the map into view, zoomed in so many times, and drags it for two seconds: milliseconds between frames, sorted. */
export async function dragMatrix(page, zooms) {
  await map(page).scrollIntoViewIfNeeded()
  const all = figure(page).getByRole('button', { name: 'All', exact: true })
  if (await all.isEnabled()) await all.click()
  await map(page).focus()
  for (let i = 0; i < zooms; i++) await page.keyboard.press('+')
  await figure(page).locator('[aria-busy=false]').waitFor()
  const box = await map(page).boundingBox()
  return page.evaluate(
    async ({ x, y }) => {
      const host = document.querySelector('figure.matrix [role=application]')
      const send = (type, at) =>
        host.dispatchEvent(
          new PointerEvent(type, { pointerId: 1, isPrimary: true, button: 0, bubbles: true, clientX: at, clientY: y }),
        )
      host.setPointerCapture = () => {}
      const gaps = []
      send('pointerdown', x)
      let last = performance.now()
      const end = last + 2000
      for (let i = 0; last < end; i++) {
        send('pointermove', x + 250 * Math.sin(i / 12))
        await new Promise(requestAnimationFrame)
        const now = performance.now()
        gaps.push(now - last)
        last = now
      }
      send('pointerup', x)
      return gaps.sort((a, b) => a - b)
    },
    { x: box.x + box.width / 2, y: box.y + box.height - 120 },
  )
}
