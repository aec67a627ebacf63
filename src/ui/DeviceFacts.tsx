import type { BenchmarkRun, DeviceDetail } from '../state/benchmark'
import { formatBinary, formatDuration, formatInteger } from './format'
import { useStudioState } from './studio-context'
import './inspect.css'

const USES = { used: 'used', unused: 'offered, not used', absent: 'not offered' }

/** Limits in the words of a person, and whether they count bytes. */
const LIMITS: Readonly<Record<string, { readonly title: string; readonly bytes: boolean }>> = {
  maxStorageBufferBindingSize: { title: 'Largest binding', bytes: true },
  maxBufferSize: { title: 'Largest buffer', bytes: true },
  maxComputeWorkgroupStorageSize: { title: 'Workgroup memory', bytes: true },
  maxComputeInvocationsPerWorkgroup: { title: 'Workgroup size', bytes: false },
  maxStorageBuffersPerShaderStage: { title: 'Storage buffers', bytes: false },
}

/** The device that is measured: what it is called, what it offers, and how long it took to be there. */
export function DeviceFacts() {
  const engine = useStudioState((state) => state.engine)
  const device = useStudioState((state) => state.benchmark.device)
  const run = useStudioState((state) => state.benchmark.run)
  if (engine.status !== 'ready') return null
  return (
    <section className="device-facts" aria-label="Device">
      <h3>
        {engine.gpu.name}{' '}
        <span className="badge" data-kind={engine.gpu.software ? 'warn' : 'good'}>
          {engine.gpu.software ? 'software' : 'hardware'}
        </span>
      </h3>
      {device && (
        <dl className="spec">
          {device.features.map(({ name, use }) => (
            <Fact key={name} title={name} value={USES[use]} />
          ))}
          {device.limits.map(({ name, value }) => {
            const { title, bytes } = LIMITS[name] ?? { title: name, bytes: false }
            return <Fact key={name} title={title} value={bytes ? formatBinary(value) : formatInteger(value)} />
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
      <Fact title="Device ready" value={`${formatDuration(device.readyMs / 1000)} after opening the page`} />
      <Fact title="First dispatch done" value={first ? firstDispatch(first, run!, device) : 'not yet'} />
      <Fact title="Pipelines" value={startUp ? compiled(startUp.compiled) : 'none compiled yet'} />
    </dl>
  )
}

/** After opening the page, which waits for a person; where the benchmark brought it about, after asking for that too. */
function firstDispatch(at: number, { askedAt }: BenchmarkRun, { openedAt }: DeviceDetail): string {
  const opened = `${formatDuration((at - openedAt) / 1000)} after opening the page`
  return at > askedAt ? `${opened}, ${formatDuration((at - askedAt) / 1000)} after Run` : opened
}

const compiled = ({ pipelines, ms }: { pipelines: number; ms: number }) =>
  pipelines > 0 ? `${pipelines} compiled in ${formatDuration(ms / 1000)}` : 'all compiled before'

function Fact({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  )
}
