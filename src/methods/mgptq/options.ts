import { z } from 'zod'
import { FormatError } from '../../errors'
import type { Width } from '../../formats/quantized'
import { parseCandidates } from '../allocation/candidates'
import { parseLimits } from '../allocation/limits'
import type { Preset } from '../description'
import { described } from '../options'

const learned = { allocator: ['gcn', 'mlp'] }
const published = { ...learned, objective: ['output'] }
const WIDTH_LIST = '^\\s*[1-8](\\s*,\\s*[1-8])*\\s*$'

/** Defaults are what measured best (docs/results). */
export const schema = z
  .strictObject({
    bits: described(z.number().min(1).max(8).default(2.5), {
      label: 'Target bits',
      help: 'Average bits a weight; columns get more or fewer.',
      step: 0.05,
    }),
    bounds: described(z.enum(['code', 'effective']).default('code'), {
      label: 'Target bounds',
      help: 'Whether the target counts codes alone or all stored bytes, scales and indices included.',
      choices: { code: 'code bits', effective: 'stored bits' },
    }),
    allocator: described(z.enum(['gcn', 'mlp', 'messages', 'greedy', 'random', 'uniform']).default('messages'), {
      label: 'Allocator',
      help: 'Who chooses the width of each column: the graph network, the same network without its graph, messages along the graph without a network, the cheapest bits first, chance, or nobody.',
      choices: {
        gcn: 'graph network',
        mlp: 'network without graph',
        messages: 'messages, nothing learned',
        greedy: 'cheapest bits first',
        random: 'random',
        uniform: 'uniform',
      },
    }),
    budget: described(z.enum(['model', 'layer']).default('model'), {
      label: 'Budget',
      help: 'One price of a bit for the whole model, so that bits flow to the layers that need them, or the same average in every layer.',
      choices: { model: 'over the model', layer: 'in every layer' },
    }),
    objective: described(z.enum(['compensated', 'output']).default('compensated'), {
      label: 'Objective',
      help: 'What the network minimises: the error that is left after compensation, or (published) that of plain rounding plus a penalty on the mean width.',
      choices: { compensated: 'compensated error', output: 'output error' },
      advanced: true,
      when: learned,
    }),
    sensitivity: described(z.enum(['outputs', 'layers', 'none']).default('outputs'), {
      label: 'Sensitivity',
      help: 'How errors are weighed between layers: by the squared gradient of the loss at each output, by its mean over a layer, or not.',
      choices: { outputs: 'gradient at each output', layers: 'gradient of each layer', none: 'none' },
      advanced: true,
    }),
    candidates: described(z.string().default('1,2,3,4'), {
      label: 'Candidate widths',
      help: 'Widths a column may have, ascending, within 1 to 8.',
      placeholder: '1,2,3,4',
      pattern: WIDTH_LIST,
      advanced: true,
    }),
    limits: described(z.string().max(20_000).default(''), {
      label: 'Limits',
      help: 'Least and greatest width of modules whose name matches: pattern: min-max, separated by commas.',
      placeholder: 'down_proj: 2-4, layers\\.0\\.: 3-',
      advanced: true,
    }),
    tie: described(z.boolean().default(false), {
      label: 'Tie q/k/v and gate/up',
      help: 'Linears that read the same input get the same widths, as formats with fused weights need.',
      advanced: true,
    }),
    groupSize: described(z.union([z.literal(-1), z.literal(32), z.literal(64), z.literal(128)]).default(128), {
      label: 'Group size',
      help: 'Columns that share a range.',
      choices: { '-1': 'per row' },
    }),
    ranges: described(z.enum(['width', 'shared']).default('width'), {
      label: 'Ranges',
      help: 'Whether columns of each width have ranges of their own, or all widths share those of a run of columns (published).',
      choices: { width: 'by width', shared: 'shared in place' },
      advanced: true,
    }),
    levels: described(z.enum(['free', 'whole']).default('free'), {
      label: 'Levels',
      help: 'Anywhere, or whole multiples of a step on columns in whole chunks of 32, as GPTQ and compressed-tensors files hold them.',
      choices: { free: 'anywhere', whole: 'whole multiples' },
      advanced: true,
    }),
    fit: described(z.enum(['search', 'minmax']).default('search'), {
      label: 'Range fit',
      help: 'Whether a range is searched for the least weighted error, or spans from the least to the greatest weight.',
      choices: { search: 'searched', minmax: 'min to max' },
      advanced: true,
    }),
    order: described(z.enum(['original', 'width', 'input']).default('width'), {
      label: 'Rounding order',
      help: 'Which columns are rounded first: as they come, the narrow ones, or those with the largest inputs.',
      choices: { original: 'as they come', width: 'narrow first', input: 'large inputs first' },
      advanced: true,
    }),
    correction: described(z.number().min(0).max(1).default(0.5), {
      label: 'Drift correction',
      help: 'How far each layer makes up for the drift that earlier layers’ quantization put into its input.',
      step: 0.05,
      advanced: true,
    }),
    sequence: described(z.enum(['true', 'layer']).default('true'), {
      label: 'Sequence',
      help: 'Whether a block is calibrated again after each of q/k/v, o, gate/up, down, or once.',
      choices: { true: 'true sequential', layer: 'once a block' },
      advanced: true,
    }),
    damping: described(z.number().min(0.0001).max(1).default(0.01), {
      label: 'Damping λ',
      help: 'Part of mean diag H added to its diagonal; raised tenfold when a factorization fails.',
      step: 0.005,
      advanced: true,
    }),
    adjacency: described(z.enum(['factor', 'rows', 'symmetric']).default('factor'), {
      label: 'Graph',
      help: 'Edges between columns: the signed Cholesky factor, its magnitudes normalised by rows, or correlations of inputs.',
      choices: { factor: 'Cholesky factor', rows: 'row-normalised factor', symmetric: 'correlations' },
      advanced: true,
      when: { allocator: ['gcn'] },
    }),
    features: described(z.enum(['weights', 'raw', 'scalars']).default('weights'), {
      label: 'Node features',
      help: 'What a node knows: its weights (projected where there are more than 1024), all its weights, or three numbers (diag H, U_jj, norm).',
      choices: { weights: 'weights', raw: 'weights, never projected', scalars: 'scalars' },
      advanced: true,
      when: published,
    }),
    alpha: described(z.number().min(0.001).max(10_000).default(10), {
      label: 'Budget penalty α',
      help: 'Weight of (mean width − target)² in the loss.',
      step: 1,
      advanced: true,
      when: published,
    }),
    steps: described(z.int().min(1).max(10_000).default(300), {
      label: 'Training steps',
      help: 'At most; a layer that no longer gains stops earlier.',
      step: 50,
      advanced: true,
      when: learned,
    }),
    learningRate: described(z.number().min(0.000001).max(1).default(0.002), {
      label: 'Learning rate',
      help: 'Of Adam.',
      step: 0.001,
      advanced: true,
      when: learned,
    }),
    noise: described(z.number().min(0).max(1).default(0.3), {
      label: 'Gumbel noise',
      help: 'Scale of the noise that explores widths.',
      step: 0.1,
      advanced: true,
      when: learned,
    }),
  })
  .superRefine(({ bits, bounds, candidates, limits, allocator, objective, budget, ...rest }, { addIssue }) => {
    const check = (path: string, parse: () => unknown) => {
      try {
        parse()
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        addIssue({ code: 'custom', path: [path], message: error.message })
      }
    }
    let widths: readonly Width[] = []
    check('candidates', () => {
      widths = parseCandidates(candidates)
    })
    if (widths.length > 0) check('bits', () => checkReach(bits, bounds, widths))
    check('limits', () => parseLimits(limits))
    if (rest.levels === 'whole') check('levels', () => checkWhole(widths, rest.groupSize, rest.ranges))
    if (trains({ allocator }) && objective === 'output' && budget === 'model')
      addIssue({
        ...{ code: 'custom', path: ['objective'] },
        message:
          'the published objective knows no price between layers: take budget layer with it, or objective compensated',
      })
  })

export const presets: readonly Preset[] = [
  {
    ...{ name: 'best', label: 'Best', options: {} },
    summary:
      'What measured best: messages along the graph price every bit, bits flow between layers, ranges are searched, drift is made up for.',
  },
  {
    ...{ name: 'network', label: 'Network', options: { allocator: 'gcn' } },
    summary: 'As Best, with a graph network trained to correct the messages: measured no better, and takes longer.',
  },
  {
    ...{ name: 'published', label: 'Published' },
    summary: 'As in the paper: plain rounding error and a penalty, the same average in every layer, ranges min to max.',
    options: {
      ...{
        allocator: 'gcn',
        objective: 'output',
        budget: 'layer',
        sensitivity: 'none',
        ranges: 'shared',
        fit: 'minmax',
      },
      ...{ order: 'original', correction: 0, sequence: 'layer' },
    },
  },
]

export type MgptqOptions = z.infer<typeof schema>

/** Whole levels of one bit would be 0 and one side of it; groups must fill whole chunks, and share a step. */
function checkWhole(widths: readonly Width[], groupSize: number, ranges: 'width' | 'shared'): void {
  if (widths[0] === 1 || ranges !== 'width' || (groupSize !== 32 && groupSize !== -1))
    throw new FormatError(
      `expected with whole levels candidates of at least 2 bits, groups of 32 or a row, and ranges by width, got ${widths.join(', ')}, ${groupSize}, ${ranges} — take candidates 2,3,4 and groups of 32`,
    )
}

/** Scales and indices add to stored bits what only the layers know, so that there only the lower end is certain. */
function checkReach(bits: number, bounds: 'code' | 'effective', widths: readonly Width[]): void {
  const [least, most] = [widths[0]!, bounds === 'code' ? widths.at(-1)! : Number.POSITIVE_INFINITY]
  if (bits < least || bits > most)
    throw new FormatError(
      `expected a target ${bounds === 'code' ? `between ${least} and ${most}` : `of at least ${least}`} bits, which the candidates ${widths.join(', ')} permit — change the target or the candidates`,
    )
}

/** Whether a network chooses the widths. */
export const trains = ({ allocator }: Pick<MgptqOptions, 'allocator'>): boolean => learned.allocator.includes(allocator)
