import { ofAll, plural } from './counts'

/** Runs that were broken off, or finished in a tab that is closed. */
export const keptWords = {
  title: 'Kept runs',
  resume: 'Resume',
  resumeRun: (name: string) => `Resume ${name}`,
  open: 'Open',
  delete: 'Delete',
  deleteRun: (name: string) => `Delete ${name}`,
  blocks: (done: number, layers: number) => ofAll(done, plural(layers, 'block')),
  finished: 'finished',
  held: 'at work in another tab',
}
