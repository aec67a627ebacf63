import { useEffect, useState } from 'react'
import './drop.css'
import { filesOfDrop, folderOfDrop } from './files'
import { useStudio, useStudioState } from './studio-context'
import { showStudio } from './view'

/**
 * The whole page takes drops, so that a file let go in the wrong place is never opened by the browser instead; a control
 * that takes one itself prevents the default before it comes here.
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
      void studio.offer(filesOfDrop(event.dataTransfer!), folderOfDrop(event.dataTransfer!))
      showStudio()
    }
    window.addEventListener('dragover', enter)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragover', enter)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
    }
  }, [studio, busy])

  if (!over) return null
  return (
    <div className="drop-veil" aria-hidden="true">
      <p>{busy ? 'The engine is at work: cancel or wait, then drop' : 'Let go to open'}</p>
    </div>
  )
}
