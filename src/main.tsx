import './no-eval'
import './ui/theme.css'
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createStudio } from './state/studio'
import { App } from './ui/App'
import { saveStream } from './ui/save'
import { StudioContext } from './ui/studio-context'
import { applyTheme, savedTheme } from './ui/theme'
import { connectEngine } from './workers/client'

applyTheme(savedTheme())

const studio = createStudio({
  connect: connectEngine,
  now: () => Date.now(),
  clock: { openedAt: performance.timeOrigin, now: () => performance.timeOrigin + performance.now() },
  save: saveStream,
  hubStandIn: new URLSearchParams(location.search).get('hub'),
  copy: (text) => navigator.clipboard.writeText(text),
  fetchText: async (path) => {
    const response = await fetch(path)
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
void drawn.then(() => studio.boot())
