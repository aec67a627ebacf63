import { type Dawn, openDawn } from '../cli/dawn'

// On the global object: several copies of this module may live in one test process, Dawn must not.
const shared = globalThis as { bitloomTestDawn?: Promise<Dawn> }

/** A fresh adapter, good for one device, from the one Dawn of this test process. Throws GpuUnavailableError without one. */
export async function requestTestAdapter(): Promise<GPUAdapter> {
  if (!shared.bitloomTestDawn) {
    shared.bitloomTestDawn = openDawn()
    return (await shared.bitloomTestDawn).adapter
  }
  const { gpu } = await shared.bitloomTestDawn
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  return adapter!
}
