import type { PerplexityOptions } from '../workers/api'
import { protocolProblem } from './measurements'
import type { StudioState } from './store'

/** Tokens for a first number: a few seconds' worth on a GPU, and not minutes on a software one. */
const MANY_TOKENS = 16_384
const FEW_TOKENS = 2048

/** What a measurement would be made on, as the form shows it. */
export interface EvaluationChoice {
  readonly text: string
  readonly options: PerplexityOptions
  /** 0 for the whole text. */
  readonly maxTokens: number
  readonly problems: { readonly length: string | null; readonly tokens: string | null }
  readonly ready: boolean
}

/** The chosen text and protocol, completed with what the page chooses where nobody did. */
export function evaluationOf({ evaluation, catalog, engine }: Pick<StudioState, 'evaluation' | 'catalog' | 'engine'>) {
  const software = engine.status === 'ready' && engine.gpu.software
  const text = evaluation.text ?? catalog.texts.find((candidate) => candidate.use === 'evaluation')?.name ?? ''
  const maxTokens = evaluation.maxTokens ?? (software ? FEW_TOKENS : MANY_TOKENS)
  const protocol = `${evaluation.family}:${evaluation.length}`
  const whole = Number.isInteger(maxTokens) && maxTokens >= 0
  const problems = {
    length: protocolProblem(protocol),
    tokens: whole ? null : 'expected a whole number; 0 for the whole text',
  }
  const choice: EvaluationChoice = {
    ...{ text, maxTokens, problems },
    options: { protocol, maxTokens: maxTokens === 0 ? null : maxTokens },
    ready: text !== '' && problems.length === null && problems.tokens === null,
  }
  return choice
}
