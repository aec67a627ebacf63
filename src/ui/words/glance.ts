/** A result in four figures. */
export const glanceWords = {
  label: 'Result at a glance',
  packed: 'Packed file',
  of: (original: string) => `of ${original}`,
  part: (share: string) => `${share} of the original, embedding and head unchanged`,
  median: (error: string) => `${error}, median`,
  worst: (error: string) => `worst ${error} in`,
  place: (layer: number, role: string) => `layer ${layer} ${role}`,
  perplexity: 'Perplexity',
  notMeasured: 'not measured yet,',
  measure: 'measure it',
}
