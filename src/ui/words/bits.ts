/** How stored bits are told, wherever they are. */
export const bitsWords = {
  title: 'Bits a weight',
  lanes: { code: 'codes', scale: 'scales', index: 'indices' },
  published: (weight: string, scale: string) => `The paper’s count: ${weight} for weights, ${scale} for scales.`,
  width: (bits: number) => `${bits} bit`,
}
