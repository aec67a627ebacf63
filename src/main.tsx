import './no-eval'
import './ui/theme.css'
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { NetworkError } from './errors'
import { offlineHost } from './offline/client'
import { createStudio } from './state/studio'
import { App } from './ui/App'
import { browserHost } from './ui/browser-host'
import { takeFiles } from './ui/intake'
import { saveStream } from './ui/save'
import { StudioContext } from './ui/studio-context'
import { applyTheme, savedTheme } from './ui/theme'
import { connectEngine, serviceWorkerAddress } from './workers/client'

applyTheme(savedTheme())

const studio = createStudio({
  connect: connectEngine,
  now: () => Date.now(),
  clock: { openedAt: performance.timeOrigin, now: () => performance.timeOrigin + performance.now() },
  save: saveStream,
  hubStandIn: new URLSearchParams(location.search).get('hub'),
  // the development server makes its files anew all the time
  offline: import.meta.env.PROD ? offlineHost(serviceWorkerAddress) : undefined,
  copy: (text) => navigator.clipboard.writeText(text),
  browser: browserHost(),
  fetchText: async (path) => {
    const response = await fetch(path).catch(() => null)
    if (!response)
      throw new NetworkError(
        `${path}: expected a file of this page, got no answer — connect once; with 'offline use' it stays in this browser`,
      )
    if (!response.ok)
      throw new Error(`${path}: expected a file of this page, got status ${response.status} — reload the page`)
    return response.text()
  },
})
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <StudioContext value={studio}>
      <App />
    </StudioContext>
  </StrictMode>,
)

/** Once the page has been drawn, the engine may take the processor; a page that nobody sees is not drawn at all. */
const drawn = new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done))
  setTimeout(done, 300)
})
// what is kept for the next visit is fetched behind what this one needs
void drawn.then(() => studio.boot()).then(() => studio.startOffline())

/** Files that the system opens with the installed page; Chromium only. */
interface LaunchQueue {
  setConsumer(take: (launch: { readonly files?: readonly FileSystemFileHandle[] }) => void): void
}
;(window as { launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files = [] }) => {
  if (files.length > 0) void takeFiles(studio, () => Promise.all(files.map((file) => file.getFile())))
})
