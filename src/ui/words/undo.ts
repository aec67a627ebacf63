import type { Removed } from '../../state/undo'
import { formatBytes } from '../format'
import { plural } from './counts'

export const undoWords = {
  label: 'Removed',
  removed: ({ what }: Removed) =>
    typeof what === 'string'
      ? `Removed ${what}`
      : `Removed ${plural(what.ids.length, what.what === 'runs' ? 'run' : 'result')}, ${formatBytes(what.bytes)}`,
  undo: 'Undo',
  close: 'Remove for good',
}
