import { type DragEvent, useState } from 'react'
import { FileButton } from './FileButton'
import { filesOfDrop } from './files'
import { useStudio, useStudioState } from './studio-context'
import { tasksWords as words } from './words/tasks'

/** Takes files of tasks, picked or dropped here; the page around it takes all others for a model. */
export function TaskDrop() {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy !== null)
  const [over, setOver] = useState(false)
  const take = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = busy ? 'none' : 'copy'
    setOver(event.type === 'dragover' && !busy)
  }
  const drop = (event: DragEvent) => {
    take(event)
    if (event.defaultPrevented && !busy) void studio.addTasks(filesOfDrop(event.dataTransfer))
  }
  return (
    <fieldset
      className="drop-zone"
      data-compact="true"
      data-over={over}
      onDragOver={take}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <legend className="visually-hidden">{words.files}</legend>
      <div>
        <strong>{words.title}</strong>
        <p className="quiet small">{words.note}</p>
      </div>
      <FileButton multiple accept=".jsonl,.json" disabled={busy} onFiles={(files) => void studio.addTasks(files)}>
        {words.add}
      </FileButton>
    </fieldset>
  )
}
