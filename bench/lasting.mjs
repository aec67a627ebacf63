import { readFileSync } from 'node:fs'

/** A packed file without what time and memory its run took: all the rest is the same to the bit for the same recipe and device. */
export function lasting(path) {
  const bytes = readFileSync(path)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, start).toString())
  const report = JSON.parse(header.__metadata__['bitloom.report'])
  const { seconds: _, peakGpuBytes: __, resumed = 0, modules, ...rest } = report
  const timeless = { ...rest, modules: modules.map((module) => ({ ...module, seconds: 0 })) }
  header.__metadata__['bitloom.report'] = JSON.stringify(timeless)
  return { text: JSON.stringify(header), data: bytes.subarray(start), resumed }
}

export const same = (a, b) => a.text === b.text && a.data.equals(b.data)
