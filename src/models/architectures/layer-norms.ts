import type { ParameterSpec } from '../spec'
import { norm } from './llama-like'

/** Two norms with biases, by the names of their modules. */
export const layerNorms = (attention: string, feedForward: string, hidden: number): ParameterSpec[] => [
  norm('attnNorm', attention, hidden),
  { key: 'attnNormBias', name: `${attention}.bias`, shape: [hidden] },
  norm('mlpNorm', feedForward, hidden),
  { key: 'mlpNormBias', name: `${feedForward}.bias`, shape: [hidden] },
]
