import { freemem } from 'node:os'
import { basename, dirname } from 'node:path'
import type { GpuInfo } from '../src/gpu/device'
import type { Budget, MemoryForecast, Room, StatesPlace } from '../src/inspection-records'
import { fileScratch, type Scratch } from '../src/storage/scratch'
import { UsageError } from './command'
import { diskStore } from './disk-store'
import type { Flags, Values } from './flags'
import { megabytes } from './progress'

/** What a run may take, where the machine does not tell. */
export const roomFlags = {
  'gpu-memory': {
    ...{ type: 'text', value: 'SIZE' },
    help: 'GPU memory that a run may take, e.g. 8G. What is beyond it is kept elsewhere, or the run is refused. WebGPU does not tell how much there is: without this, 4 GiB or four of the device’s largest buffers decide where states are kept, and nothing is refused.',
  },
  'host-memory': {
    ...{ type: 'text', value: 'SIZE' },
    help: 'Host memory that a run may take, e.g. 2G; half of what is available decides where this is not given.',
  },
  scratch: {
    ...{ type: 'text', value: 'DIR' },
    help: 'Folder for hidden states that fit into neither memory; beside the output unless given.',
  },
} as const satisfies Flags

export type RoomValues = Pick<Values<typeof roomFlags>, keyof typeof roomFlags>

/** The budgets that the flags state, and what the machine has where they do not. */
export async function roomOf(command: string, values: RoomValues, { software }: GpuInfo, out = 'here'): Promise<Room> {
  const half: Budget = { bytes: (process.availableMemory?.() ?? freemem()) / 2, firm: false }
  const stated = (flag: 'gpu-memory' | 'host-memory'): Budget | null => {
    const value = values[flag]
    return value === undefined ? null : { bytes: bytesOf(value, `${command}: --${flag}`), firm: true }
  }
  const free = await diskStore(values.scratch ?? dirname(out)).free()
  return {
    // of a software adapter the host's memory is the GPU's
    gpu: stated('gpu-memory') ?? (software ? half : null),
    host: stated('host-memory') ?? half,
    disk: free === null ? null : { bytes: free, firm: true },
  }
}

/** The folder for the states of the run that writes this output, empty: nobody else uses it while that is locked. */
export async function scratchOf({ scratch }: RoomValues, out: string): Promise<Scratch> {
  const store = diskStore(scratch ?? dirname(out), 'free some space, or name another --scratch')
  const states = fileScratch(store, `${basename(out)}.states`)
  await states.clear() // what a process that was killed has left
  return states
}

const KEPT = { gpu: '', host: ', hidden states there', disk: ', hidden states there' }

/** The forecast in a line. */
export function memoryLine({ peak, host, disk, states }: MemoryForecast, { name }: Pick<GpuInfo, 'name'>): string {
  const kept = (place: StatesPlace) => (states === place ? KEPT[place] : '')
  return `about ${megabytes(peak)} of GPU memory on ${name}, ${megabytes(host)} of the host’s${kept('host')}, ${megabytes(disk)} on disk${kept('disk')}`
}

/** The most memory this process has held; with a software adapter, the GPU's is in it. */
export const peakHostBytes = (): number => process.resourceUsage().maxRSS * 1024

const UNITS = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** 512M, 1.5G, 2GiB or bytes. UsageError for anything else. */
export function bytesOf(text: string, where: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Math.floor(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS])
  if (!(bytes > 0)) throw new UsageError(`${where}: expected a size like 512M or 8G, got '${text}' — correct it`)
  return bytes
}
