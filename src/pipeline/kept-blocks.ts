import { FormatError } from '../errors'
import type { FinishedBlock } from '../formats/bitloom/block'
import type { ModelSource } from '../formats/source'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'

/** FormatError unless kept blocks are blocks of this model: what is in them is uploaded as it is. */
export function checkKept(spec: ModelSpec, { tensors }: ModelSource, blocks: ReadonlyMap<number, FinishedBlock>): void {
  for (const [layer, { layer: told, headers, changed }] of blocks) {
    const fail = (what: string): never => {
      throw new FormatError(`kept block ${layer + 1}: expected ${what} — start over`)
    }
    if (told !== layer || layer >= spec.layers) fail(`a block of ${spec.layers}, got one that says ${told + 1}`)
    if (headers.size !== spec.linears.length) fail(`${spec.linears.length} linears, got ${headers.size}`)
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const header = headers.get(name)
      if (header?.out !== linear.out || header.in !== linear.in)
        fail(`${name} of [${linear.out}, ${linear.in}], got ${header ? `[${header.out}, ${header.in}]` : 'none'}`)
    }
    for (const [name, { length }] of changed) {
      const size = tensors.get(name)?.shape.reduce((product, dim) => product * dim, 1)
      if (size !== length) fail(`${name} of ${size ?? 'no'} numbers, got ${length}`)
    }
  }
}
