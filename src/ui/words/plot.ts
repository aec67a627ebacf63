/** What every chart and map offers. */
export const plotWords = {
  asPicture: (caption: string) => `${caption}, as a picture`,
}
