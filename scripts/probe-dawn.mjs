// Prints as JSON what adapter Dawn gives here, null for none. A program of its own: a broken driver can take the
// process down with it, and the Vulkan loader reads its variables once.
import { create, globals } from 'webgpu'

Object.assign(globalThis, globals)
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' })
const device = await adapter?.requestDevice()
const { vendor, architecture, description, isFallbackAdapter } = adapter?.info ?? {}
console.log(JSON.stringify(device ? { vendor, architecture, description, software: isFallbackAdapter } : null))
device?.destroy()
