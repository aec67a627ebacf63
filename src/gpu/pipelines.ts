import { invariant } from '../errors'
import type { Kernel } from './kernel'

export interface Program {
  /** Distinct for every pipeline of a device. */
  readonly id: number
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

type AnyKernel = Kernel<string, never>

/** What compiling has taken so far. */
export interface Compiled {
  readonly pipelines: number
  /** In which any was under way: those that are compiled side by side count once. */
  readonly ms: number
}

/** Compute pipelines compiled asynchronously, once per source text; concurrent requests share one compilation. */
export class PipelineCache {
  #programs = new Map<string, Promise<Program>>()
  #compiled = 0
  #underWay = 0
  #since = 0
  #ms = 0

  constructor(private readonly device: GPUDevice) {}

  get(kernel: AnyKernel): Promise<Program> {
    let program = this.#programs.get(kernel.wgsl)
    if (!program) {
      program = this.#timed(() => this.#compile(kernel))
      this.#programs.set(kernel.wgsl, program)
    }
    return program
  }

  get compiled(): Compiled {
    return { pipelines: this.#compiled, ms: this.#ms }
  }

  /** Resolves when nothing is being compiled, whatever came of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#programs.values())
  }

  async #timed<T>(compile: () => Promise<T>): Promise<T> {
    if (this.#underWay++ === 0) this.#since = performance.now()
    try {
      return await compile()
    } finally {
      if (--this.#underWay === 0) this.#ms += performance.now() - this.#since
    }
  }

  async #compile(kernel: AnyKernel): Promise<Program> {
    const { device } = this
    const names = Object.keys(kernel.bindings)
    invariant(
      names.length <= device.limits.maxStorageBuffersPerShaderStage,
      `${kernel.label} binds ${names.length} storage buffers`,
    )
    const entries: GPUBindGroupLayoutEntry[] = names.map((name, index) => ({
      binding: index + 1,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: kernel.bindings[name] === 'read' ? 'read-only-storage' : 'storage' },
    }))
    if (Object.keys(kernel.params).length > 0)
      entries.unshift({
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: 'uniform', hasDynamicOffset: true },
      })
    const layout = device.createBindGroupLayout({ label: kernel.label, entries })
    device.pushErrorScope('validation') // a faulty source is told below, with its lines
    const module = device.createShaderModule({ label: kernel.label, code: kernel.wgsl })
    device.popErrorScope().catch(() => {}) // the device was lost: reported by its own promise
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: kernel.label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      })
      return { id: this.#compiled++, pipeline, layout }
    } catch (error) {
      const { messages } = await module.getCompilationInfo()
      const lines = messages.map((m) => `${m.lineNum}:${m.linePos} ${m.type}: ${m.message}`)
      const source = kernel.wgsl.split('\n').map((line, i) => `${i + 1}\t${line}`)
      throw new Error([`bug in Bitloom: ${kernel.label} does not compile: ${error}`, ...lines, ...source].join('\n'))
    }
  }
}
