/** What a GpuQueue asked of a device, in order, and a way to say when a submission has run. */
export interface FakeDevice {
  readonly device: GPUDevice
  /** One entry a call that reaches the device: 'write x', 'submit [dispatch 3, copy, clear]'. */
  readonly log: string[]
  /** Parameters of every dispatch, as bytes seen at its uniform offset when its submission was handed over. */
  readonly params: DataView[]
  /** Submissions handed over and not yet finished. */
  inFlight(): number
  finishOne(): void
  /** From now on submissions finish as soon as they are handed over. */
  finishAll(): void
}

interface FakeBuffer {
  readonly label: string
  readonly size: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface FakeDispatch {
  readonly label: string
  readonly uniform: FakeBuffer
  readonly offset: number
}

/** A device that keeps books instead of computing: for what must hold whatever the hardware does. */
export function fakeDevice(): FakeDevice {
  const usages = { STORAGE: 1, UNIFORM: 2, COPY_SRC: 4, COPY_DST: 8, MAP_READ: 16, QUERY_RESOLVE: 32 }
  Object.assign(globalThis, { GPUBufferUsage: globalThis.GPUBufferUsage ?? usages })
  Object.assign(globalThis, { GPUShaderStage: globalThis.GPUShaderStage ?? { COMPUTE: 4 } })
  const log: string[] = []
  const params: DataView[] = []
  const waiting: (() => void)[] = []
  let immediate = false

  const encoder = () => {
    const commands: (string | FakeDispatch)[] = []
    let bound: { uniform: FakeBuffer; offset: number } | undefined
    return {
      commands,
      beginComputePass: () => {
        commands.push('pass')
        return {
          setPipeline: () => {},
          setBindGroup: (_: number, group: { uniform: FakeBuffer }, [offset = 0]: number[]) => {
            bound = { uniform: group.uniform, offset }
          },
          dispatchWorkgroups: (x: number) => commands.push({ label: `dispatch ${x}`, ...bound! }),
          end: () => {},
        }
      },
      copyBufferToBuffer: () => commands.push('copy'),
      clearBuffer: () => commands.push('clear'),
      finish: () => commands,
    }
  }
  const device = {
    limits: { maxStorageBuffersPerShaderStage: 8 },
    createBuffer: ({ label, size }: { label: string; size: number }) => ({ label, size, bytes: new Uint8Array(size) }),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipelineAsync: async () => ({}),
    createBindGroup: ({ entries }: { entries: { binding: number; resource: { buffer: FakeBuffer } }[] }) => ({
      uniform: entries.find(({ binding }) => binding === 0)?.resource.buffer,
    }),
    createCommandEncoder: encoder,
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    queue: {
      writeBuffer: (buffer: FakeBuffer, offset: number, data: ArrayBuffer | ArrayBufferView, _ = 0, size?: number) => {
        const source = ArrayBuffer.isView(data) ? data.buffer : data
        if (buffer.bytes) buffer.bytes.set(new Uint8Array(source as ArrayBuffer).subarray(0, size), offset)
        log.push(`write ${buffer.label}`)
      },
      submit: ([commands]: (string | FakeDispatch)[][]) => {
        for (const command of commands!)
          if (typeof command !== 'string')
            params.push(new DataView(command.uniform.bytes.slice(command.offset, command.offset + 256).buffer))
        log.push(
          `submit ${commands!.map((command) => (typeof command === 'string' ? command : command.label)).join(', ')}`,
        )
      },
      onSubmittedWorkDone: () =>
        new Promise<void>((resolve) => {
          if (immediate) resolve()
          else waiting.push(resolve)
        }),
    },
  }
  return {
    device: device as unknown as GPUDevice,
    log,
    params,
    inFlight: () => waiting.length,
    finishOne: () => waiting.shift()?.(),
    finishAll: () => {
      immediate = true
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}
