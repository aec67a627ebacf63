import { z } from 'zod'
import { WIDTHS, type Width } from '../../formats/quantized'
import { damping, described } from '../options'

const widths = WIDTHS.filter((width) => width > 1).map((width) => z.literal(width))

export const schema = z.strictObject({
  salient: described(z.number().min(0).max(0.5).default(0.1), {
    label: 'Salient part',
    help: 'Part of the weights kept at more bits, each with its place; the others keep their sign.',
    step: 0.05,
  }),
  metric: described(z.enum(['magnitude', 'hessian']).default('magnitude'), {
    label: 'Saliency',
    help: 'What makes a weight salient: its magnitude, or w²/diag(U)².',
    choices: { magnitude: '|w|', hessian: 'w²/diag(U)²' },
  }),
  groupSize: described(z.union([z.literal(-1), z.literal(128), z.literal(256), z.literal(512)]).default(-1), {
    label: 'Group size',
    help: 'Columns that share a threshold, and in each row the two levels of signs.',
    choices: { '-1': 'per row' },
  }),
  salientBits: described(z.union(widths as unknown as [z.ZodLiteral<Width>, z.ZodLiteral<Width>]).default(8), {
    label: 'Salient bits',
    help: 'Width of the codes of salient weights.',
    advanced: true,
  }),
  ownLevels: described(z.boolean().default(false), {
    label: 'Own levels',
    help: 'Take mean and amplitude over the signed weights only; published: salient ones count among them as 0.',
    advanced: true,
  }),
  damping,
})
export type PbllmOptions = z.infer<typeof schema>
