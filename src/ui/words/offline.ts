import { formatBytes } from '../format'

export const offlineWords = {
  keep: 'Keep the bundled models and texts for offline use',
  size: (total: number) =>
    `${formatBytes(total)} in this browser. The studio itself opens without a network from the second visit on.`,
  keeping: (bytes: number, total: number) => `${formatBytes(bytes)} of ${formatBytes(total)}`,
  update: 'A new version is ready',
  updateIdle: 'Reloading takes a moment. What is kept in this browser stays; a result that was not saved does not.',
  updateBusy: 'It waits until the work under way is done.',
  reload: 'Reload',
}
