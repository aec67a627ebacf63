import block from '../../shaders/cholesky_block.wgsl?raw'
import { type Kernel, wgsl } from '../gpu/kernel'

/** Rows of a diagonal block: its packed triangle takes 8320 bytes of the 16384 that every device has. */
export const CHOLESKY_BLOCK = 64

/** Factors and inverts the diagonal block that starts at row `first` of an [n, n] matrix. */
export const choleskyBlock: Kernel<'a' | 'l' | 'x' | 'failed', { n: number; first: number }> = {
  label: 'cholesky block',
  wgsl: wgsl([block], { BLOCK: CHOLESKY_BLOCK }),
  bindings: { a: 'read', l: 'read_write', x: 'read_write', failed: 'read_write' },
  params: { n: 'u32', first: 'u32' },
  passes: (shape) => [{ groups: [1], params: shape }],
  cost: () => ({ flops: (2 * CHOLESKY_BLOCK ** 3) / 3, bytes: 12 * CHOLESKY_BLOCK ** 2 }),
}
