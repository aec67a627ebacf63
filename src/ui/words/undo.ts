import type { Removed } from '../../state/undo'
import { formatBytes } from '../format'

const counted = (noun: string, count: number): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const undoWords = {
  label: 'Removed',
  removed: ({ what }: Removed) =>
    typeof what === 'string'
      ? `Removed ${what}`
      : `Removed ${counted(what.what === 'runs' ? 'run' : 'result', what.ids.length)}, ${formatBytes(what.bytes)}`,
  undo: 'Undo',
  close: 'Remove for good',
}
