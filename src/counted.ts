/** "1 run", "2 runs"; a count that is a text stays as it is written, and one with digits behind the point is many: "1.00 bits". */
export const counted = (count: number | string, one: string, many = `${one}s`): string =>
  `${count} ${String(count) === '1' ? one : many}`
