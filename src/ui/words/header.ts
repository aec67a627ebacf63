export const headerWords = {
  steps: 'Steps',
  progress: { waiting: 'waiting', open: 'ready', busy: 'working', done: 'done', failed: 'failed' },
  runs: 'Runs',
  benchmark: 'Benchmark',
  working: 'working',
  starting: 'Starting the engine',
  noGpu: 'No GPU',
  stopped: 'Engine stopped',
  software: 'software',
  hardware: 'hardware',
  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
} as const
