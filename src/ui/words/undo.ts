export const undoWords = {
  label: 'Removed',
  removed: (what: string) => `Removed ${what}`,
  undo: 'Undo',
  close: 'Remove for good',
}
