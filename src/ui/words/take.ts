export const takeWords = {
  lost: 'quantized model lost with the engine',
  recipe: 'Recipe',
  recipeNote: 'Everything that decides the result, as JSON. Load it under Recipe to get the same codes again.',
  saveRecipe: 'Save recipe as JSON',
  report: 'Report',
  reportNote:
    'Recipe, bits, maps, everything measured here and how to load the exports: one HTML file that needs nothing else, the same as JSON, or a model card for the Hub.',
  reportAs: (kind: string) => `Save the report as ${kind}`,
  kinds: { html: 'HTML', json: 'JSON', card: 'Model card' },
  columns: 'Report with all columns',
  columnsNote: 'Bits, errors, damping and seconds of every module with its column lanes, as JSON.',
  saveColumns: 'Save report as JSON',
  progress: (done: string, total: string) => `${done} of ${total}`,
  cancel: 'Cancel',
  about: (size: string) => `about ${size}`,
}
