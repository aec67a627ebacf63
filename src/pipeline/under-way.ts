import type { Later } from '../later'
import type { ModuleRecord } from '../records'

interface Module {
  readonly record: Later<ModuleRecord>
  readonly warnings: readonly string[]
  /** With a record or with an error. */
  arrived: boolean
}

/** Modules that are in their block; what is known of them comes when the GPU is there, and is told in their order. */
export class ModulesUnderWay {
  readonly #modules: Module[] = []

  constructor(private readonly onModule: (record: ModuleRecord, warnings: readonly string[]) => void) {}

  add(record: Later<ModuleRecord>, warnings: readonly string[]): void {
    const module = { record, warnings, arrived: false }
    const arrive = () => {
      module.arrived = true
    }
    record.value.then(arrive, arrive)
    this.#modules.push(module)
  }

  /** Throws what a module failed with. A wait for those that have not arrived leaves the GPU without work. */
  async tell(which: 'all' | 'arrived'): Promise<void> {
    while (which === 'all' ? this.#modules.length > 0 : this.#modules[0]?.arrived) {
      const { record, warnings } = this.#modules.shift()!
      this.onModule(await record.value, warnings)
    }
  }
}
