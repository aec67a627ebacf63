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
  readonly stored: boolean
  readonly problems: { readonly length: string | null; readonly tokens: string | null }
  readonly ready: boolean
}

/** Whether codes are multiplied as they are stored: by itself where the adapter does not make weights of codes more slowly than it multiplies. */
export const storesCodes = ({ evaluation, engine }: Pick<StudioState, 'evaluation' | 'engine'>): boolean =>
  evaluation.stored ?? (engine.status === 'ready' && !engine.gpu.software)

/** The chosen text and protocol, completed with what the page chooses where nobody did. */
export function evaluationOf({ evaluation, catalog, engine }: Pick<StudioState, 'evaluation' | 'catalog' | 'engine'>) {
  const software = engine.status === 'ready' && engine.gpu.software
  const text = evaluation.text ?? catalog.texts.find((candidate) => candidate.use === 'evaluation')?.name ?? ''
  const maxTokens = evaluation.maxTokens ?? (software ? FEW_TOKENS : MANY_TOKENS)
  const protocol = `${evaluation.family}:${evaluation.length}`
  const stored = storesCodes({ evaluation, engine })
  const whole = Number.isInteger(maxTokens) && maxTokens >= 0
  const problems = {
    length: protocolProblem(protocol),
    tokens: whole ? null : 'expected a whole number; 0 for the whole text',
  }
  const choice: EvaluationChoice = {
    ...{ text, maxTokens, stored, problems },
    options: { protocol, maxTokens: maxTokens === 0 ? null : maxTokens, stored },
    ready: text !== '' && problems.length === null && problems.tokens === null,
  }
  return choice
}
