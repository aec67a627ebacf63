import { type Dawn, openDawn } from '../cli/dawn'

let opened: Promise<Dawn> | undefined

/** A fresh adapter, good for one device, from this test process's one Dawn. Throws GpuUnavailableError without one. */
export async function requestTestAdapter(): Promise<GPUAdapter> {
  if (!opened) {
    opened = openDawn()
    return (await opened).adapter
  }
  const { gpu } = await opened
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  return adapter!
}
