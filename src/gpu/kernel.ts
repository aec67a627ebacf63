import { unroll } from './unroll'

/**
 * A kernel is data: source text, what it binds, and how a problem of a given shape becomes dispatches.
 * Whoever dispatches it knows no maths; whoever writes it touches no GPU object.
 *
 * @typeParam B names of the storage bindings
 * @typeParam S the shape of one problem, e.g. `{ m, n, k }`
 */
export interface Kernel<B extends string, S> {
  /** Shows up in profiles and errors, e.g. `gemm a·bᵀ 64×64`. */
  readonly label: string
  /** Complete WGSL with an entry point `main`; `@binding(0)` is the `Params` uniform when `params` is not empty. */
  readonly wgsl: string
  /** Storage bindings in `@binding(1), (2), …` order. */
  readonly bindings: Readonly<Record<B, 'read' | 'read_write'>>
  /** Fields of the WGSL `struct Params`, in order. */
  readonly params: Readonly<Record<string, 'u32' | 'i32' | 'f32'>>
  /** The dispatches that solve one problem, in order. */
  passes(shape: S, device: DeviceTraits): Pass[]
  /** Floating-point operations and bytes moved at the least, for time budgets and benches. */
  cost(shape: S): Cost
}

/** One dispatch: a grid of workgroups and the values of the kernel's `Params`. */
export interface Pass {
  readonly groups: readonly [x: number, y?: number, z?: number]
  readonly params?: Readonly<Record<string, number>>
}

export interface Cost {
  readonly flops: number
  readonly bytes: number
}

/** What a kernel may know of the device when it lays out its passes. */
export interface DeviceTraits {
  /** Floating-point operations that take about 20 ms: the most one dispatch should do (a browser may kill long ones, and a page stutters). */
  readonly flopsPerDispatch: number
  readonly maxGroupsPerDimension: number
  /** Memory that the invocations of a workgroup may share. */
  readonly workgroupBytes: number
  /** Name of the tile for large products that was the fastest here, where that was tried; see kernels/tuning.ts. */
  readonly largeTile?: string | undefined
  /** A CPU pretends to be a GPU: barriers and workgroup memory cost more than they save. */
  readonly software: boolean
}

/**
 * Complete WGSL from parts and compile-time constants, loops marked `#for` written out (see unroll.ts). Constants become module-scope `const` declarations of abstract
 * type, so that the same name serves as u32, i32 or array size; a boolean becomes a `bool`.
 */
export function wgsl(parts: readonly string[], constants: Readonly<Record<string, number | boolean>> = {}): string {
  const declarations = Object.entries(constants).map(([name, value]) => `const ${name} = ${value};`)
  return [...declarations, unroll(parts.join('\n'), constants)].join('\n')
}

/** A one-dimensional grid folded into x and y, for `count` items at `size` items a workgroup; WGSL side: lib/grid.wgsl. */
export function grid1d(count: number, size: number, device: DeviceTraits): [number, number] {
  const groups = Math.max(1, Math.ceil(count / size))
  const x = Math.min(groups, device.maxGroupsPerDimension)
  return [x, Math.ceil(groups / x)]
}

/** Splits `rows` into dispatches of at most `flopsPerDispatch`, each a multiple of `tile` rows. */
export function splitRows(
  rows: number,
  tile: number,
  flopsPerRow: number,
  device: DeviceTraits,
): { row: number; rows: number }[] {
  const affordable = Math.max(1, Math.floor(device.flopsPerDispatch / Math.max(1, flopsPerRow) / tile)) * tile
  const step = Math.min(affordable, device.maxGroupsPerDimension * tile)
  const parts: { row: number; rows: number }[] = []
  for (let row = 0; row < rows; row += step) parts.push({ row, rows: Math.min(step, rows - row) })
  return parts
}
