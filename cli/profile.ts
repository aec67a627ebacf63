import type { Gpu } from '../src/gpu/device'
import type { Occupancy } from '../src/gpu/occupancy'
import type { Grain, Span } from '../src/gpu/timing'
import { say } from './progress'

export const profileFlag = {
  profile: { type: 'switch', help: 'Print the GPU time of every kernel on standard error.' },
} as const

export const occupancyFlag = {
  occupancy: {
    type: 'switch',
    help: 'Print on standard error how long the GPU worked and waited in every phase; unlike --profile it does not slow the run.',
  },
} as const

/** What the GPU did between the first kernel and the last. */
export interface Profile {
  /** `dispatch` where every kernel was timed apart, which slows the run: the waits are those of the slowed one. */
  readonly grain: Grain
  /** Sums of all phases, and of each. */
  readonly occupancy: Occupancy & { readonly idleShare: number; readonly phases: Readonly<Record<string, Occupancy>> }
  /** Null where only passes were timed. */
  readonly kernels: readonly (Span & { readonly share: number })[] | null
}

/** Kernels, when they are asked for, include the rest. */
export const grainOf = (values: { profile: boolean; occupancy: boolean }): Grain | null =>
  values.profile ? 'dispatch' : values.occupancy ? 'pass' : null

/** Does the work, which may name its phases, and measures the GPU meanwhile; not without a grain. */
export async function measured<T>(
  gpu: Gpu,
  grain: Grain | null,
  work: (enter: (phase: string) => void) => Promise<T>,
): Promise<{ result: T; profile: Profile | null }> {
  if (!grain) return { result: await work(() => {}), profile: null }
  const { result, spans, occupancy } = await gpu.profile(work, grain)
  const phases = Object.fromEntries(occupancy)
  const all = Object.values(phases)
  const busyMs = all.reduce((ms, phase) => ms + phase.busyMs, 0)
  const idleMs = all.reduce((ms, phase) => ms + phase.idleMs, 0)
  const total = spans.reduce((sum, { ms }) => sum + ms, 0)
  const kernels = grain === 'dispatch' ? spans.map((span) => ({ ...span, share: span.ms / total })) : null
  return {
    result,
    profile: { grain, occupancy: { busyMs, idleMs, idleShare: idleMs / (busyMs + idleMs), phases }, kernels },
  }
}

/** Does the work; tells what its kernels took when asked to. */
export async function profiled<T>(gpu: Gpu, wanted: boolean, work: () => Promise<T>): Promise<T> {
  const { result, profile } = await measured(gpu, wanted ? 'dispatch' : null, work)
  if (profile) sayKernels(profile)
  return result
}

/** @param wall seconds of the host by phase */
export function sayProfile(profile: Profile, wall: Readonly<Record<string, number>>): void {
  sayKernels(profile)
  const { phases, ...all } = profile.occupancy
  const seconds = (value: number | undefined) => (value === undefined ? '' : value.toFixed(2)).padStart(9)
  const row = (name: string, host: number | undefined, gpu: Occupancy | undefined) => {
    const share = gpu && gpu.busyMs + gpu.idleMs > 0 ? gpu.idleMs / (gpu.busyMs + gpu.idleMs) : undefined
    const idle = share === undefined ? '' : `${(100 * share).toFixed(1)} %`
    say(
      `${name.padEnd(12)} ${seconds(host)} ${seconds(gpu && gpu.busyMs / 1e3)} ${seconds(gpu && gpu.idleMs / 1e3)} ${idle.padStart(8)}`,
    )
  }
  say(
    `${'phase'.padEnd(12)} ${'wall s'.padStart(9)} ${'GPU s'.padStart(9)} ${'idle s'.padStart(9)} ${'idle'.padStart(8)}`,
  )
  const { total, ...host } = wall
  for (const name of new Set([...Object.keys(host), ...Object.keys(phases)])) row(name, host[name], phases[name])
  row('all', total, all)
  if (profile.grain === 'dispatch')
    say(
      'every kernel was timed apart, which slows the run: --occupancy alone measures how long the GPU waits without that',
    )
}

function sayKernels({ kernels }: Profile): void {
  for (const { label, ms, count, flops, bytes, share } of kernels ?? []) {
    const rates = `${(flops / ms / 1e6).toFixed(0).padStart(7)} GFLOP/s  ${(bytes / ms / 1e6).toFixed(0).padStart(6)} GB/s`
    const part = `${(100 * share).toFixed(1).padStart(5)} %`
    say(`${label.padEnd(36)} ${String(count).padStart(6)} ×  ${ms.toFixed(2).padStart(10)} ms  ${part}  ${rates}`)
  }
}
