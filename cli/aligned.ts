/** Cells of equal width, texts to the left and numbers to the right; the first row decides how many there are. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const cell = (text: string, width: number) => (/^[\d.]/.test(text) ? text.padStart(width) : text.padEnd(width))
  return rows.map((row) =>
    row
      .map((text, column) => cell(text, widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
