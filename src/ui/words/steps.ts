export const titles = {
  open: 'Open',
  inspect: 'Inspect',
  recipe: 'Recipe',
  run: 'Run',
  look: 'Look',
  measure: 'Measure',
  take: 'Take away',
} as const

/** What a step that cannot begin says of itself. */
export const waits = {
  inspect: 'Waits for a model. Shows its architecture, tensors and what it needs of this GPU.',
  recipe:
    'Waits for a model. Method, bits, calibration text: everything that decides a result, kept as a small JSON file.',
  run: 'Waits for a model and a recipe. Shows every layer as it is quantized; can be paused and cancelled.',
  look: 'Waits for the first quantized layer. Maps of the whole model and of single matrices, as the run goes.',
  measure: 'Waits for a model. Perplexity before and after under a named protocol, and both models side by side.',
  take: 'Waits for a finished run. The packed file, a GGUF file, folders for other software, the recipe and the report.',
} as const

export const loading = 'Loading …'

export const broken = {
  heading: 'This part of the page did not work',
  offline: 'page: expected a script of its own, got none — see that there is a connection, then reload the page',
  reload: 'Reload the page',
}
