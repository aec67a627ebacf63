import { z } from 'zod'
import type { Preset } from '../description'
import { damping, described } from '../options'

/** Most salient columns a block, as the authors search. */
export const MOST_SALIENT = 49

export const schema = z.strictObject({
  blockSize: described(z.union([z.literal(32), z.literal(64), z.literal(128)]).default(128), {
    label: 'Block size',
    help: 'Columns that share levels and are searched together; smaller blocks store more levels and lose less.',
  }),
  propagate: described(z.boolean().default(false), {
    label: 'Carry errors inside blocks',
    help: 'Let the columns of a block absorb each other’s errors too, as GPTQ does; published: only the blocks behind do.',
  }),
  metric: described(z.enum(['hessian', 'magnitude']).default('hessian'), {
    label: 'Saliency',
    help: 'What ranks columns: w²/diag(U)², or the magnitude of weights.',
    choices: { hessian: 'w²/diag(U)²', magnitude: '|w|' },
    advanced: true,
  }),
  searchOn: described(z.enum(['saliency', 'weights']).default('saliency'), {
    label: 'Search on',
    help: 'Whether errors of the searches are those of the saliency matrix, as published, or those of the weights.',
    advanced: true,
    when: { metric: ['hessian'] },
  }),
  restOrder: described(z.union([z.literal(1), z.literal(2)]).default(2), {
    label: 'Signs of the rest in the search',
    help: 'Signs that the search for salient columns grants the other columns; stored is one, published is two.',
    choices: { '1': 'one', '2': 'two' },
    advanced: true,
  }),
  ownQuantiles: described(z.boolean().default(false), {
    label: 'Own quantiles',
    help: 'Try thresholds at the quantiles of the columns that are left; published: salient ones count among them as 0.',
    advanced: true,
  }),
  mostSalient: described(z.int().min(1).max(MOST_SALIENT).default(MOST_SALIENT), {
    label: 'Salient columns',
    help: 'Most columns of a block that the search may give a second sign.',
    advanced: true,
  }),
  damping,
})
export type BillmOptions = z.infer<typeof schema>

export const presets: readonly Preset[] = [
  {
    name: 'published',
    label: 'As published',
    summary: 'What the authors’ code does.',
    options: {},
  },
  {
    name: 'corrected',
    label: 'Corrected',
    summary: 'Searches on the weights for what is stored, carries errors inside blocks, and bounds the second signs.',
    options: { propagate: true, searchOn: 'weights', restOrder: 1, ownQuantiles: true, mostSalient: 13 },
  },
]
