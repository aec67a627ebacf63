import { useEffect, useState } from 'react'
import './drop.css'
import { filesOfDrop, folderOfDrop } from './files'
import { takeFiles, takeText } from './intake'
import { useStudio, useStudioState } from './studio-context'
import { dropWords as words } from './words/drop'

const isField = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null

/**
 * The whole page takes drops, so that a file let go in the wrong place is never opened by the browser instead; a control
 * that takes one itself prevents the default before it comes here. It takes what is pasted outside of a field, too.
 */
export function DropTarget() {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy !== null)
  const [over, setOver] = useState(false)

  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      if (event.defaultPrevented) return setOver(false)
      event.preventDefault()
      event.dataTransfer!.dropEffect = busy ? 'none' : 'copy'
      setOver(true)
    }
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setOver(false)
    }
    const drop = (event: DragEvent) => {
      setOver(false)
      if (!carriesFiles(event) || event.defaultPrevented) return
      event.preventDefault()
      if (busy) return
      void takeFiles(studio, filesOfDrop(event.dataTransfer!), folderOfDrop(event.dataTransfer!))
    }
    const dropText = (event: DragEvent) => {
      const isHeld = event.defaultPrevented || isField(event.target) || carriesFiles(event)
      if (!isHeld && takeText(studio, event.dataTransfer?.getData('text/plain') ?? '')) event.preventDefault()
    }
    const overText = (event: DragEvent) => {
      const carriesText = event.dataTransfer?.types.includes('text/plain') ?? false
      if (carriesText && !carriesFiles(event) && !isField(event.target)) event.preventDefault()
    }
    const paste = (event: ClipboardEvent) => {
      const { clipboardData, target } = event
      if (!clipboardData || event.defaultPrevented) return
      const files = [...clipboardData.files]
      if (files.length > 0 ? busy : isField(target)) return
      if (files.length > 0) void takeFiles(studio, async () => files)
      else if (!takeText(studio, clipboardData.getData('text/plain'))) return
      event.preventDefault()
    }
    window.addEventListener('dragover', enter)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    window.addEventListener('dragover', overText)
    window.addEventListener('drop', dropText)
    window.addEventListener('paste', paste)
    return () => {
      window.removeEventListener('dragover', enter)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
      window.removeEventListener('dragover', overText)
      window.removeEventListener('drop', dropText)
      window.removeEventListener('paste', paste)
    }
  }, [studio, busy])

  if (!over) return null
  return (
    <div className="drop-veil" aria-hidden="true">
      <p>{busy ? words.busy : words.letGo}</p>
    </div>
  )
}
