import billmRounded from '../../shaders/lib/billm_rounded.wgsl?raw'
import uniformLevels from '../../shaders/lib/levels.wgsl?raw'
import pbllmRounded from '../../shaders/lib/pbllm_rounded.wgsl?raw'
import sageLevels from '../../shaders/lib/sage_levels.wgsl?raw'
import sageRounded from '../../shaders/lib/sage_rounded.wgsl?raw'
import source from '../../shaders/sign_block.wgsl?raw'
import { type Kernel, wgsl } from '../gpu/kernel'
import { GPTQ_BLOCK } from './quantize'
import { signCodeSources } from './sign-codes'

/** As of GPTQ's block: few rows a workgroup, so that a big GPU's many processors all get some. */
const ROWS_PER_GROUP = 32

export interface SignBlockShape {
  readonly rows: number
  readonly columns: number
  readonly first: number
  /** Columns of this block, at most GPTQ_BLOCK. */
  readonly count: number
  /** Which row of the tensor u is row `first` of U; itself unless given. */
  readonly uRow?: number
  /** Columns a cell, and cells a row. */
  readonly cellColumns: number
  readonly cells: number
  /** Highest code of salient weights that have a grid. */
  readonly top: number
}

type SignBlock<B extends string> = Kernel<'w' | 'u' | 'codes' | 'errors' | B, SignBlockShape>
type PbllmBindings = 'levels' | 'steps' | 'zeros'
type SageBindings = 'levels' | 'alphas'

function signBlockOf<B extends string>(
  label: string,
  rounded: readonly string[],
  own: Record<B, 'read'>,
  subQuads: number,
  constants: Readonly<Record<string, number>> = {},
): SignBlock<B> {
  return {
    label,
    wgsl: wgsl([...signCodeSources, ...rounded, source], {
      ...{ BLOCK: GPTQ_BLOCK, SIZE: ROWS_PER_GROUP, SUB_QUADS: subQuads, ...constants },
    }),
    bindings: {
      w: 'read_write',
      u: 'read',
      codes: 'read_write',
      errors: 'read_write',
      ...own,
    } as SignBlock<B>['bindings'],
    params: {
      ...{ rows: 'u32', columns: 'u32', first: 'u32', count: 'u32' },
      ...{ cellColumns: 'u32', cells: 'u32', top: 'u32', uRow: 'u32' },
    },
    passes: (shape) => [{ groups: [Math.ceil(shape.rows / ROWS_PER_GROUP)], params: { uRow: shape.first, ...shape } }],
    cost: ({ rows, count }) => ({ flops: rows * count * (count + 16), bytes: 4 * (4 * rows * count + count * count) }),
  }
}

const billmOf = (subQuads: number) => signBlockOf('billm block', [billmRounded], { levels: 'read' }, subQuads)
const pbllmOf = (subQuads: number): SignBlock<PbllmBindings> =>
  signBlockOf('pb-llm block', [uniformLevels, pbllmRounded], { levels: 'read', steps: 'read', zeros: 'read' }, subQuads)

/** Sixteen columns in registers; on a software adapter four, where sixteen would take long to compile. */
const billmBlocks = { hardware: billmOf(4), software: billmOf(1) }
const pbllmBlocks = { hardware: pbllmOf(4), software: pbllmOf(1) }

/** Rounds a block's columns in turn to the levels that `billmBinarize` found. */
export const billmBlock = (software: boolean) => (software ? billmBlocks.software : billmBlocks.hardware)

/** Rounds a block's columns in turn, salient weights on the grid of their row. */
export const pbllmBlock = (software: boolean) => (software ? pbllmBlocks.software : pbllmBlocks.hardware)

const sageOf = (groups: number, subQuads: number): SignBlock<SageBindings> => {
  const own = { levels: 'read', alphas: 'read' } as const
  return signBlockOf(`sage block of ${groups}`, [sageLevels, sageRounded], own, subQuads, { GROUPS: groups })
}
const sageBlocks = [1, 2, 3, 4, 5, 6, 7, 8].map((groups) => ({
  hardware: sageOf(groups, 4),
  software: sageOf(groups, 1),
}))

/** Rounds a block's columns in turn to the amplitudes of the matrix, salient weights by the scale of their row. */
export const sageBlock = (software: boolean, groups: number) =>
  software ? sageBlocks[groups - 1]!.software : sageBlocks[groups - 1]!.hardware
