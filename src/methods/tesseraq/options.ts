import { z } from 'zod'
import type { Width } from '../../formats/quantized'
import type { GridChoice } from '../block-grid'
import type { Preset } from '../description'
import { type MgptqOptions, schema as mgptqSchema } from '../mgptq/options'
import { described, free, gridOptions } from '../options'
import { ROUNDS } from './schedule'

/** Defaults are those of the preset 'browser'. */
export const schema = z
  .strictObject({
    bits: described(z.number().min(1).max(8).default(2), {
      label: 'Bits',
      help: 'Width of every code, or the average where MG-PTQ allocates.',
      step: 0.25,
      when: free,
    }),
    groupSize: described(z.union([z.literal(-1), z.literal(32), z.literal(64), z.literal(128)]).default(128), {
      label: 'Group size',
      help: 'Columns that share a scale; smaller groups cost more scale bits and lose less.',
      choices: { '-1': 'per row' },
      when: free,
    }),
    grid: gridOptions.grid,
    allocation: described(z.enum(['uniform', 'mg-ptq']).default('uniform'), {
      label: 'Widths',
      help: 'The same width for every column, or widths that MG-PTQ’s messages choose under one budget over the model.',
      choices: { uniform: 'uniform', 'mg-ptq': 'by MG-PTQ' },
    }),
    init: described(z.enum(['awq', 'clip', 'omniquant', 'gptq', 'none']).default('awq'), {
      label: 'Start',
      help: 'Grids to begin with: AWQ’s scales and clips, clips alone, clips that OmniQuant learns, GPTQ’s grids and the weights that it rounds, or the ends of every group.',
      choices: { awq: 'AWQ', clip: 'clip search', omniquant: 'OmniQuant', gptq: 'GPTQ', none: 'min to max' },
      when: { allocation: ['uniform'] },
    }),
    scaling: described(z.boolean().default(false), {
      label: 'AWQ scales',
      help: 'Inputs that matter are scaled up before MG-PTQ’s ranges are searched.',
      advanced: true,
      when: { allocation: ['mg-ptq'] },
    }),
    bounds: described(z.enum(['code', 'effective']).default('code'), {
      label: 'Average bounds',
      help: 'Whether the average counts codes alone or all stored bytes, scales and indices included.',
      choices: { code: 'code bits', effective: 'stored bits' },
      when: { allocation: ['mg-ptq'] },
    }),
    learn: described(z.enum(['both', 'roundings', 'scales']).default('both'), {
      label: 'Learn',
      help: 'Whether each weight goes up or down, the surest ones first fixed (progressive adaptive rounding, PAR); the scale of every group (dequantization scale tuning, DST); or both.',
      choices: { both: 'roundings and scales', roundings: 'roundings (PAR)', scales: 'scales (DST)' },
      advanced: true,
    }),
    rounds: described(
      z.union(ROUNDS.map((rounds) => z.literal(rounds)) as [z.ZodLiteral<20>, z.ZodLiteral<10>]).default(20),
      {
        label: 'Rounds',
        help: 'Times that the surest roundings are fixed, with steps after each.',
        advanced: true,
      },
    ),
    iterations: described(z.int().min(1).max(10_000).default(25), {
      label: 'Steps a round',
      help: 'Gradient steps after each fixing; the learning rate is 0.001·250/steps, so that roundings can move as far.',
      step: 25,
    }),
    batch: described(z.int().min(1).max(256).default(8), {
      label: 'Batch',
      help: 'Calibration windows a step.',
      advanced: true,
    }),
  })
  .superRefine(({ bits, allocation, grid }, { addIssue }) => {
    if (allocation === 'mg-ptq' && grid !== 'free')
      addIssue({
        ...{ code: 'custom', path: ['grid'] },
        message: `expected the free grid with widths of MG-PTQ, since a GGUF type has one width, got ${grid} — take allocation uniform`,
      })
    if (allocation === 'uniform' && !Number.isInteger(bits))
      addIssue({
        ...{ code: 'custom', path: ['bits'] },
        message: `expected a whole number of bits for uniform widths, got ${bits} — round it, or let MG-PTQ allocate`,
      })
  })

export type TesseraqOptions = z.infer<typeof schema>

/** The MG-PTQ recipe whose widths are taken: its defaults, with ranges that columns of one width share. */
export const allocating = ({ bits, bounds, groupSize }: TesseraqOptions): MgptqOptions =>
  mgptqSchema.parse({ bits, bounds, groupSize, ranges: 'width' })

/** The grid of linears that all have one width. */
export const gridChoice = ({ bits, groupSize, grid, allocation }: TesseraqOptions): GridChoice => ({
  ...{ bits: Math.floor(bits) as Width, groupSize },
  grid: allocation === 'uniform' ? grid : 'free',
})

export const presets: readonly Preset[] = [
  {
    ...{ name: 'browser', label: 'Browser', options: {}, calibration: { samples: 128, length: 512 } },
    summary: 'Minutes on a laptop’s GPU: 20 rounds of 25 steps, 128 windows of 512 tokens.',
  },
  {
    ...{ name: 'near-one-bit', label: 'Near one bit', calibration: { samples: 128, length: 512 } },
    summary: 'As browser, on widths of MG-PTQ with one range a row and width: 1.3 bits with all that is stored.',
    options: { allocation: 'mg-ptq', bits: 1.3, bounds: 'effective', groupSize: -1 },
  },
  {
    ...{ name: 'published', label: 'Published', calibration: { samples: 512, length: 2048 } },
    summary: 'As in the paper: 20 rounds of 250 steps with 4 windows each, 512 windows of 2048 tokens. Hours.',
    options: { iterations: 250, batch: 4 },
  },
]
