import type { BenchmarkRun, DeviceDetail } from '../state/benchmark'
import { formatBinary, formatDuration, formatInteger } from './format'
import { useStudioState } from './studio-context'
import './inspect.css'
import { deviceWords as words } from './words/device'

const BYTES = new Set(['maxStorageBufferBindingSize', 'maxBufferSize', 'maxComputeWorkgroupStorageSize'])

/** The device that is measured: what it is called, what it offers, and how long it took to be there. */
export function DeviceFacts() {
  const engine = useStudioState((state) => state.engine)
  const device = useStudioState((state) => state.benchmark.device)
  const run = useStudioState((state) => state.benchmark.run)
  if (engine.status !== 'ready') return null
  return (
    <section className="device-facts" aria-label={words.device}>
      <h3>
        {engine.gpu.name}{' '}
        <span className="badge" data-kind={engine.gpu.software ? 'warn' : 'good'}>
          {engine.gpu.software ? words.software : words.hardware}
        </span>
      </h3>
      {device && (
        <dl className="spec">
          {device.features.map(({ name, use }) => (
            <Fact key={name} title={name} value={words.uses[use]} />
          ))}
          {device.limits.map(({ name, value }) => {
            const title = (words.limits as Readonly<Record<string, string>>)[name] ?? name
            return (
              <Fact key={name} title={title} value={BYTES.has(name) ? formatBinary(value) : formatInteger(value)} />
            )
          })}
        </dl>
      )}
      {device && <StartUp device={device} run={run} />}
    </section>
  )
}

function StartUp({ device, run }: { device: DeviceDetail; run: BenchmarkRun | null }) {
  const startUp = run?.startUp
  const first = startUp?.firstDispatchAt
  return (
    <dl className="spec start-up">
      <Fact title={words.found} value={words.afterOpening(formatDuration(device.foundMs / 1000))} />
      <Fact title={words.ready} value={words.afterOpening(formatDuration(device.readyMs / 1000))} />
      <Fact title={words.first} value={first ? firstDispatch(first, run!, device) : words.notYet} />
      <Fact title={words.pipelines} value={startUp ? compiled(startUp.compiled) : words.noneYet} />
    </dl>
  )
}

/** After opening the page, which waits for a person; where the benchmark brought it about, after asking for that too. */
function firstDispatch(at: number, { askedAt }: BenchmarkRun, { openedAt }: DeviceDetail): string {
  const opened = words.afterOpening(formatDuration((at - openedAt) / 1000))
  return at > askedAt ? words.afterRun(opened, formatDuration((at - askedAt) / 1000)) : opened
}

const compiled = ({ pipelines, ms }: { pipelines: number; ms: number }) =>
  pipelines > 0 ? words.compiled(pipelines, formatDuration(ms / 1000)) : words.allBefore

function Fact({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  )
}
