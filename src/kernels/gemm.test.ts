import { describe, expect, it } from 'vitest'
import { chooseTile } from './gemm'

describe('the tile of a product', () => {
  const whole = { region: 'full', triangle: undefined } as const
  const choose = (
    m: number,
    n: number,
    k: number,
    { splits = true, software = false, workgroupBytes = 32768 } = {},
  ) => {
    const { tile, partK } = chooseTile({ m, n, k, batch: 1 }, whole, { software, workgroupBytes }, splits)
    return [tile.name, partK]
  }

  it('is large where that keeps a large GPU busy, whole or split', () => {
    expect(choose(4096, 512, 512)).toEqual(['128×64×16', undefined])
    // 88 tiles, 440 in 5 parts
    expect(choose(1408, 512, 4096)).toEqual(['128×64×16', 832])
  })

  it('is the largest for a lot of work, where its memory is to be had', () => {
    expect(choose(4096, 4096, 512)).toEqual(['128×128×16 by 16', undefined])
    expect(choose(4096, 4096, 512, { workgroupBytes: 16384 })).toEqual(['128×64×16', undefined])
  })

  it('is small where large ones are few even so', () => {
    expect(choose(512, 512, 4096)).toEqual(['64×64×16', 512])
    expect(choose(1408, 512, 4096, { splits: false })).toEqual(['64×64×16', undefined])
    expect(choose(64, 64, 64)).toEqual(['64×64×16', undefined])
  })

  it('is that of a few rows, or of a software device, whatever the size', () => {
    expect(choose(4, 4096, 4096)).toEqual(['direct 1×1', undefined])
    expect(choose(4096, 4096, 4096, { software: true })).toEqual(['direct 4×8', undefined])
  })
})
