import block from '../../shaders/cholesky_block.wgsl?raw'
import registers from '../../shaders/cholesky_registers.wgsl?raw'
import { type Kernel, wgsl } from '../gpu/kernel'

/** Rows of a diagonal block: its packed triangle takes 8320 bytes of the 16384 that every device has. */
export const CHOLESKY_BLOCK = 64

/** Columns of its row that an invocation of the version in registers holds. */
const HELD = CHOLESKY_BLOCK / 4

export interface CholeskyShape {
  /** Columns of the matrix. */
  readonly n: number
  /** Row and column of the matrix where the block begins, */
  readonly first: number
  /** and where that is in the tensors. */
  readonly origin: number
}

const kernelOf = (label: string, source: string): Kernel<'a' | 'l' | 'x' | 'failed', CholeskyShape> => ({
  label,
  wgsl: wgsl([source], { BLOCK: CHOLESKY_BLOCK, HELD }),
  bindings: { a: 'read', l: 'read_write', x: 'read_write', failed: 'read_write' },
  params: { n: 'u32', first: 'u32', origin: 'u32' },
  passes: (shape) => [{ groups: [1], params: { ...shape } }],
  cost: () => ({ flops: (2 * CHOLESKY_BLOCK ** 3) / 3, bytes: 12 * CHOLESKY_BLOCK ** 2 }),
})

const hardware = kernelOf('cholesky block', registers)
const software = kernelOf('cholesky block alone', block)

/**
 * Factors and inverts a diagonal block of an [n, n] matrix, which may lie in a panel of its rows; in registers, but on a software
 * adapter, which takes seconds to compile what is written out for that.
 */
export const choleskyBlock = (onSoftware: boolean) => (onSoftware ? software : hardware)
