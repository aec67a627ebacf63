import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { EngineState } from '../state/store'
import { formatInteger } from './format'
import './header.css'
import { STEPS, stepProgress } from './path'
import { Shortcuts } from './Shortcuts'
import { useStudioState } from './studio-context'
import { applyTheme, onTheme, savedTheme, THEMES, type Theme } from './theme'
import { useStepInView } from './use-step-in-view'
import type { View } from './view'
import { headerWords as words } from './words/header'

export function Header({ view }: { view: View }) {
  return (
    <header className="header">
      <h1 className="wordmark">
        <img src="./favicon.svg" alt="" width="18" height="18" />
        Bitloom
      </h1>
      <PathNav shown={view === 'studio'} />
      <RunsLink shown={view === 'runs'} />
      <BenchmarkLink shown={view === 'benchmark'} />
      <Device />
      <ThemeSwitch />
      <Shortcuts />
    </header>
  )
}

function PathNav({ shown }: { shown: boolean }) {
  const state = useStudioState((all) => all)
  const inView = useStepInView()
  const nav = useRef<HTMLElement>(null)
  // where not all of them fit, the one in view does
  useEffect(() => {
    const link = inView && nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (link && nav.current) nav.current.scrollLeft = link.offsetLeft - (nav.current.clientWidth - link.clientWidth) / 2
  }, [inView])
  return (
    <nav ref={nav} className="path" aria-label={words.steps}>
      <ol>
        {STEPS.map(({ id, title }, index) => {
          const progress = stepProgress(state, id)
          return (
            <li key={id}>
              <a
                href={`#step-${id}`}
                data-progress={progress}
                aria-current={inView === `step-${id}` && shown ? 'step' : undefined}
              >
                <span className="path-number">{index + 1}</span>
                <span className="path-title">{title}</span>
                <span className="visually-hidden">: {words.progress[progress]}</span>
              </a>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

function RunsLink({ shown }: { shown: boolean }) {
  const count = useStudioState((state) => state.archive.runs.length)
  return (
    <a id="to-runs" className="aside-link" href="#runs" aria-current={shown ? 'page' : undefined}>
      {words.runs}
      {count > 0 && <span className="aside-count"> {formatInteger(count)}</span>}
    </a>
  )
}

function BenchmarkLink({ shown }: { shown: boolean }) {
  const running = useStudioState((state) => state.busy === 'benchmark')
  return (
    <a
      id="to-benchmark"
      className="aside-link"
      href="#benchmark"
      aria-current={shown ? 'page' : undefined}
      data-running={running || undefined}
    >
      {words.benchmark}
      {running && <span className="visually-hidden">: {words.working}</span>}
    </a>
  )
}

function Device() {
  const engine = useStudioState((state) => state.engine)
  return (
    <p className="device" aria-live="polite">
      <span className="device-name" title={deviceName(engine)}>
        {deviceName(engine)}
      </span>
      {engine.status === 'ready' && (
        <span className="badge" data-kind={engine.gpu.software ? 'warn' : 'good'}>
          {engine.gpu.software ? words.software : words.hardware}
        </span>
      )}
    </p>
  )
}

function deviceName(engine: EngineState): string {
  switch (engine.status) {
    case 'starting':
      return words.starting
    case 'ready':
      return engine.gpu.name
    case 'absent':
      return words.noGpu
    case 'lost':
      return words.stopped
  }
}

function ThemeSwitch() {
  const theme = useSyncExternalStore(onTheme, savedTheme)
  return (
    <label className="theme-switch">
      <span className="visually-hidden">{words.theme}</span>
      <select value={theme} onChange={(event) => applyTheme(event.target.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {words.themes[name]}
          </option>
        ))}
      </select>
    </label>
  )
}
