import { useEffect } from 'react'
import './undo.css'
import { useStudio, useStudioState } from './studio-context'
import { undoWords } from './words/undo'

/** Says what was removed, for as long as it can be brought back. */
export function Undo() {
  const { undoing } = useStudio()
  const removed = useStudioState((state) => state.removed)
  useEffect(() => {
    // the page's last chance; what it misses is kept, and listed again
    window.addEventListener('pagehide', undoing.settle)
    return () => window.removeEventListener('pagehide', undoing.settle)
  }, [undoing])
  return (
    <div className="undo-place" aria-live="polite">
      {removed && (
        // biome-ignore lint/a11y/noStaticElementInteractions: holds the clock while its buttons are within reach
        <div
          className="undo"
          onPointerEnter={undoing.hold}
          onPointerLeave={undoing.resume}
          onFocus={undoing.hold}
          onBlur={undoing.resume}
        >
          <span className="undo-what">{undoWords.removed(removed)}</span>
          <button type="button" onClick={() => void undoing.undo()}>
            {undoWords.undo}
          </button>
          <button type="button" className="plain" onClick={() => void undoing.settle()}>
            {undoWords.close}
          </button>
        </div>
      )}
    </div>
  )
}
