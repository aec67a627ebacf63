import { useSyncExternalStore } from 'react'
import type { EngineState } from '../state/store'
import './header.css'
import { STEPS, stepProgress } from './path'
import { Shortcuts } from './Shortcuts'
import { useStudioState } from './studio-context'
import { applyTheme, onTheme, savedTheme, THEMES, type Theme } from './theme'
import type { View } from './view'

export function Header({ view }: { view: View }) {
  return (
    <header className="header">
      <h1 className="wordmark">
        <img src="./favicon.svg" alt="" width="18" height="18" />
        Bitloom
      </h1>
      <PathNav />
      <BenchmarkLink shown={view === 'benchmark'} />
      <Device />
      <ThemeSwitch />
      <Shortcuts />
    </header>
  )
}

function PathNav() {
  const state = useStudioState((all) => all)
  return (
    <nav className="path" aria-label="Steps">
      <ol>
        {STEPS.map(({ id, title }, index) => {
          const progress = stepProgress(state, id)
          return (
            <li key={id}>
              <a href={`#step-${id}`} data-progress={progress}>
                <span className="path-number">{index + 1}</span>
                {title}
                <span className="visually-hidden">: {PROGRESS_WORDS[progress]}</span>
              </a>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

const PROGRESS_WORDS = { waiting: 'waiting', open: 'ready', busy: 'working', done: 'done', failed: 'failed' }

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
      Benchmark
      {running && <span className="visually-hidden">: working</span>}
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
          {engine.gpu.software ? 'software' : 'hardware'}
        </span>
      )}
    </p>
  )
}

function deviceName(engine: EngineState): string {
  switch (engine.status) {
    case 'starting':
      return 'Starting the engine'
    case 'ready':
      return engine.gpu.name
    case 'absent':
      return 'No GPU'
    case 'lost':
      return 'Engine stopped'
  }
}

function ThemeSwitch() {
  const theme = useSyncExternalStore(onTheme, savedTheme)
  return (
    <label className="theme-switch">
      <span className="visually-hidden">Theme</span>
      <select value={theme} onChange={(event) => applyTheme(event.target.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name[0]!.toUpperCase() + name.slice(1)}
          </option>
        ))}
      </select>
    </label>
  )
}
