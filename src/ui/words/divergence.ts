import { plural } from './counts'

/** How far a result is from its original: table and chart. */
export const divergenceWords = {
  title: 'Divergence from the original',
  table: 'Divergences',
  caption: 'KL divergence from the original, nats a token',
  head: ['Recipe', 'Text', 'Protocol', 'Mean KL', '95 % interval', 'Median', '99 %', 'Most', 'Same top token'],
  interval: (low: string, high: string) => `${low} to ${high}`,
  oneWindow: 'one window',
  of: (recipe: string, text: string, protocol: string, tokens: number) =>
    `${recipe}; ${text}, ${protocol}, ${plural(tokens, 'token')}`,
  label:
    'Tokens by their KL divergence from the original, and loss by position. Arrow keys read out a step of the histogram.',
  picture: (recipe: string, text: string, protocol: string) =>
    `${recipe}: divergence from the original, nats a token; ${text}, ${protocol}`,

  histogram: 'tokens by KL divergence',
  histogramAxis: 'KL divergence of a token, nats (log)',
  mean: 'mean',
  p99: '99 %',
  positions: 'loss by position, nats',
  positionsAxis: 'position in the window, tokens (log)',
  quantized: 'quantized',
  original: 'original',
  whole: (mean: string, median: string, p99: string, agreement: string) =>
    `KL divergence mean ${mean}, median ${median}, 99 % below ${p99} nats; the same likeliest token in ${agreement} %`,
  /** `low` is null of the first step, which has all that is less than `high`. */
  step: (low: string | null, high: string, tokens: number, share: string) =>
    `${low === null ? `less than ${high}` : `${low} to ${high}`} nats: ${plural(tokens, 'token')}, ${share} %`,
}
