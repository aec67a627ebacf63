export const appWords = {
  skip: { studio: 'Skip to the first step', benchmark: 'Skip to the benchmark', runs: 'Skip to the runs' },
}
