import { plural } from './counts'

const COSTS = {
  bits: {
    title: 'What bits buy',
    about: 'all stored bits a weight',
    over: 'stored bits',
    paid: 'stored bits a weight',
    axis: 'bits',
    best: 'lowest for its bits',
    front: 'Best for their bits',
    unbeaten: 'no other run is lower at no more bits',
  },
  bytes: {
    title: 'What bytes buy',
    about: 'bytes of the packed file',
    over: 'file size',
    paid: 'bytes of the packed file',
    axis: 'size',
    best: 'lowest for its size',
    front: 'Best for their bytes',
    unbeaten: 'no other run is lower at no more bytes',
  },
}
type Cost = keyof typeof COSTS

/** Perplexity over what runs store. */
export const tradeOffWords = {
  costs: COSTS,
  about: (cost: Cost, text: string, protocol: string, maxTokens: number | null) =>
    `${COSTS[cost].about}; ${text}, ${protocol}${maxTokens === null ? '' : `, first ${plural(maxTokens, 'token')}`}`,
  label: (cost: Cost, runs: number) =>
    `Perplexity over ${COSTS[cost].over} of ${plural(runs, 'run')}. Arrow keys read out a run.`,
  caption: (cost: Cost, model: string, text: string, protocol: string) =>
    `${model}: perplexity over ${COSTS[cost].paid}, ${text}, ${protocol}`,
  axis: { linear: 'perplexity', log: 'perplexity, log' },
  original: 'original',
  /** `bytes` where they are what is paid. */
  run: (run: number, label: string, bits: string, bytes: string | null, perplexity: string) =>
    `run ${run}, ${label}: ${bits} bits${bytes === null ? '' : `, ${bytes}`}, perplexity ${perplexity}`,
  front: (cost: Cost, runs: readonly string[]) => `${COSTS[cost].front}: ${runs.join('; ')}`,
  times: (ratio: string) => `${ratio} times the original`,
}
