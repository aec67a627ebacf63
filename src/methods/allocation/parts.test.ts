import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { parseLimits } from './limits'
import { choiceByName, columnsOf, joinParts, partOf, sumOverMembers, tieGroups } from './parts'
import { project } from './project'

const linears = [
  { role: 'q', stage: 0, name: 'self_attn.q_proj', out: 8, in: 6 },
  { role: 'k', stage: 0, name: 'self_attn.k_proj', out: 4, in: 6 },
  { role: 'v', stage: 0, name: 'self_attn.v_proj', out: 4, in: 6 },
  { role: 'o', stage: 1, name: 'self_attn.o_proj', out: 6, in: 8 },
  { role: 'gate', stage: 2, name: 'mlp.gate_proj', out: 10, in: 6 },
  { role: 'up', stage: 2, name: 'mlp.up_proj', out: 10, in: 6 },
  { role: 'down', stage: 3, name: 'mlp.down_proj', out: 6, in: 10 },
] as const
const candidates = [1, 2, 3, 4] as const

describe('parts', () => {
  it('ties what reads the same input', () => {
    const roles = tieGroups(linears).map((group) => group.map(({ role }) => role).join(''))
    expect(roles).toEqual(['qkv', 'o', 'gateup', 'down'])
  })

  it('weighs a tied column by all rows it spans and keeps what all limits leave', () => {
    const part = partOf(linears.slice(0, 3), candidates, parseLimits('q_proj: 2-, v_proj: -3'))
    expect(part).toEqual({
      names: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
      columns: 6,
      weight: 16,
      allowed: 0b0110,
    })
  })

  it('refuses limits that tied linears cannot share', () => {
    const rules = parseLimits('q_proj: 3-, v_proj: -2')
    expect(() => partOf(linears.slice(0, 3), candidates, rules)).toThrow(FormatError)
    expect(() => partOf(linears.slice(0, 3), candidates, rules)).toThrow('do not tie them')
  })

  it('calls tied linears of different inputs a bug', () => {
    expect(() => partOf(linears.slice(2, 4), candidates)).toThrow('read different inputs')
  })

  it('lays parts one after another and takes a choice apart again', () => {
    const parts = tieGroups(linears).map((group) => partOf(group, candidates, parseLimits('down: 2-3')))
    const columns = columnsOf(parts, candidates)
    expect([...(columns.weights as Float64Array)]).toEqual([
      ...new Array(6).fill(16),
      ...new Array(8).fill(6),
      ...new Array(6).fill(20),
      ...new Array(10).fill(6),
    ])
    expect([...columns.allowed!.subarray(18, 22)]).toEqual([15, 15, 0b0110, 0b0110])
    const choice = Uint8Array.from({ length: 30 }, (_, i) => i % 4)
    const byName = choiceByName(choice, parts)
    expect([...byName.keys()]).toEqual(linears.map(({ name }) => name))
    expect(byName.get('self_attn.q_proj')).toEqual(choice.slice(0, 6))
    expect(byName.get('self_attn.v_proj')).toEqual(choice.slice(0, 6))
    expect(byName.get('self_attn.o_proj')).toEqual(choice.slice(6, 14))
    expect(byName.get('mlp.down_proj')).toEqual(choice.slice(20))
  })

  it('adds costs of tied linears and joins those of parts', () => {
    const tied = sumOverMembers([Float32Array.of(1, 2, 3, 4), Float32Array.of(10, 20, 30, 40)])
    expect([...tied]).toEqual([11, 22, 33, 44])
    expect([...joinParts([tied, Float32Array.of(5, 6)])]).toEqual([11, 22, 33, 44, 5, 6])
    expect(() => sumOverMembers([tied, Float32Array.of(1)])).toThrow('same shape')
  })

  it('lets one price serve a whole model: bits go to the part that needs them', () => {
    const parts = [partOf([linears[3]], candidates), partOf([linears[6]], candidates)]
    const columns = columnsOf(parts, candidates)
    // same shape of cost per column, a hundred times larger in the second part
    const curve = [8, 4, 2, 1]
    const costs = joinParts([
      Float32Array.from({ length: 8 * 4 }, (_, at) => curve[at % 4]!),
      Float32Array.from({ length: 10 * 4 }, (_, at) => 100 * curve[at % 4]!),
    ])
    // 18 columns of weight 6: 10 of 4 bits and 8 of 1 are 48 of 18
    const byName = choiceByName(
      project(
        costs.map((cost) => -cost),
        columns,
        48 / 18,
      ).choice,
      parts,
    )
    expect([...byName.get('mlp.down_proj')!]).toEqual(new Array(10).fill(3))
    expect([...byName.get('self_attn.o_proj')!]).toEqual(new Array(8).fill(0))
  })
})
