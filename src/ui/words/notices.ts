export const noticeWords = {
  field: 'Tell me when long work is done',
  help: 'A notification of the system, only while this tab is in the background. Made by this browser: nothing is sent.',
  denied: 'The browser does not allow it: permit notifications for this page in its settings.',
  /** In the tab's title. */
  progress: (percent: number, paused: boolean) => `${percent} %${paused ? ' paused' : ''} – Bitloom`,
  product: 'Bitloom',
  done: { run: 'The run is done', other: 'The work is done' },
  failed: { run: 'The run has failed', other: 'The work has failed' },
  of: (model: string, label: string) => (label ? `${model}, ${label}` : model),
}
