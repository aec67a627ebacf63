/** Text from both models, side by side. */
export const generationWords = {
  label: 'Side by side',
  prompt: 'Prompt',
  message: 'Message',
  /** What a visitor finds written there. */
  start: 'The ship had been at sea for',
  chat: 'Chat',
  system: 'System',
  systemHint: 'what the model is told before the message; nothing',
  numbers: {
    maxNewTokens: 'New tokens',
    temperature: 'Temperature',
    topK: 'Top k',
    topP: 'Top p',
    seed: 'Seed',
  },
  expected: (min: number, max: number) => `expected ${min} to ${max}`,
  cache: 'KV cache',
  ask: 'Ask both',
  continue: 'Continue both',
  cancel: 'Cancel',
  sides: {
    original: { title: 'Original', speed: 'Speed of the original' },
    quantized: { title: 'Quantized', speed: 'Speed of the quantized' },
  },
  noOriginal: 'A quantized model has no original.',
  nothing: 'Nothing yet.',
  given: 'What the models read',
  speed: { compiled: 'Compiled in', first: 'First token', after: 'Then', memory: 'GPU memory' },
  ms: (ms: number) => `${ms.toFixed(0)} ms`,
  tokensPerSecond: (rate: number) => `${rate.toFixed(1)} tokens/s`,
}
