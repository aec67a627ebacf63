import { z } from 'zod'
import type { Preset } from '../description'
import { damping, described } from '../options'

const literals = <T extends number>(...values: T[]) =>
  z.union(values.map((value) => z.literal(value)) as unknown as [z.ZodLiteral<T>, z.ZodLiteral<T>])

const fields = {
  groups: described(literals(0, 1, 2, 3, 4, 5, 6, 7, 8).default(0), {
    label: 'Amplitudes',
    help: 'Groups of magnitudes, each with one amplitude for the whole matrix. Every doubling costs a bit a weight for the group’s id.',
    choices: { '0': 'chosen for every matrix' },
  }),
  selection: described(z.enum(['silhouette', 'eigengap']).default('silhouette'), {
    label: 'Chosen by',
    help: 'What decides the number of groups: how well clusters stand apart, or the widest gap between eigenvalues of the graph.',
    advanced: true,
    when: { groups: [0] },
  }),
  mostGroups: described(z.int().min(2).max(8).default(8), {
    label: 'At most',
    help: 'The largest number of groups that is tried.',
    advanced: true,
    when: { groups: [0] },
  }),
  salientBits: described(literals(2, 3, 4, 8).default(4), {
    label: 'Salient bits',
    help: 'Width of the codes of salient weights, which share one scale a row.',
  }),
  saliency: described(z.enum(['adaptive', 'given']).default('adaptive'), {
    label: 'Salient part',
    help: 'Found for every matrix by Brent’s method, between 0.2 and 3 %, or the same for all.',
    choices: { adaptive: 'adaptive', given: 'given' },
  }),
  percent: described(z.number().min(0).max(20).default(1), {
    label: 'Salient weights, %',
    help: 'The part of every matrix that is salient.',
    step: 0.1,
    when: { saliency: ['given'] },
  }),
  price: described(z.enum(['target', 'bits', 'none']).default('target'), {
    label: 'Price of salient weights',
    help: 'What keeps the salient part small: a squared distance from published bits that are aimed at, all stored bits, or nothing but the limit of 3 %.',
    choices: { target: 'published bits aimed at', bits: 'stored bits', none: 'none' },
    advanced: true,
    when: { saliency: ['adaptive'] },
  }),
  target: described(z.number().min(1).max(1.5).default(1.03), {
    label: 'Published bits',
    help: 'Aimed at: one bit a weight and the bits of salient weights beyond their first. Ids and positions are not in it.',
    step: 0.01,
    advanced: true,
    when: { saliency: ['adaptive'], price: ['target'] },
  }),
  rho: described(z.number().min(0).max(100_000).default(100), {
    label: 'Weight of the distance',
    help: 'Relative error that a distance of one bit costs.',
    step: 10,
    advanced: true,
    when: { saliency: ['adaptive'], price: ['target'] },
  }),
  lambda: described(z.number().min(0).max(10).default(0.1), {
    label: 'Price of a bit',
    help: 'Relative error that one stored bit a weight must save.',
    step: 0.01,
    advanced: true,
    when: { saliency: ['adaptive'], price: ['bits'] },
  }),
  statistic: described(z.enum(['matrix', 'row']).default('matrix'), {
    label: 'Deviation from',
    help: 'Whether a weight is salient by its distance from mean and standard deviation of the matrix or of its row.',
    advanced: true,
  }),
  center: described(z.enum(['zero', 'mean']).default('zero'), {
    label: 'Signs about',
    help: 'What the others are above or below: zero, or their mean.',
    advanced: true,
  }),
  sample: described(z.int().min(8).max(4000).default(1500), {
    label: 'Sample',
    help: 'Weights that are made a graph.',
    step: 100,
    advanced: true,
    when: { groups: [0, 2, 3, 4, 5, 6, 7, 8] },
  }),
  graphs: described(z.int().min(1).max(20).default(5), {
    label: 'Samples',
    help: 'Graphs over which the choice is averaged: on one the curve is too flat to trust.',
    advanced: true,
    when: { groups: [0, 2, 3, 4, 5, 6, 7, 8] },
  }),
  neighbours: described(z.int().min(1).max(200).default(30), {
    label: 'Neighbours',
    help: 'Nearest neighbours of a node of the graph; few of them leave it in pieces.',
    advanced: true,
    when: { groups: [0, 2, 3, 4, 5, 6, 7, 8] },
  }),
  rounds: described(z.int().min(1).max(200).default(10), {
    label: 'Rounds',
    help: 'Alternations of codes and scales at most; they end once the error falls by less than a ten-thousandth.',
    advanced: true,
  }),
}

export const schema = z.strictObject(fields)
export type SageOptions = z.infer<typeof schema>

/** Of the variant that compensates errors. */
export const plusSchema = z.strictObject({
  ...fields,
  damping,
})
export type SagePlusOptions = z.infer<typeof plusSchema>

export const presets: readonly Preset[] = [
  {
    ...{ name: 'reconstructed', label: 'As reconstructed', options: {} },
    summary: 'The paper’s steps with our defaults where it is silent: few amplitudes, chosen by silhouette.',
  },
  {
    ...{ name: 'one-bit', label: 'One bit stored', options: { groups: 1 } },
    summary: 'One amplitude: the only setting whose stored size is near the bits that the paper names.',
  },
  {
    ...{ name: 'eight', label: 'Eight amplitudes', options: { groups: 8 } },
    summary: 'The least error, at four bits a weight stored.',
  },
]
