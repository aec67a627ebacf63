import { useRef } from 'react'

interface FileButtonProps {
  readonly children: string
  readonly onFiles: (files: File[]) => void
  readonly multiple?: boolean
  readonly folder?: boolean
  readonly accept?: string
  readonly disabled?: boolean
  readonly className?: string
}

/** A button that opens the browser's file or folder picker. */
export function FileButton({ children, onFiles, multiple, folder, accept, disabled, className }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" className={className} disabled={disabled} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={children}
        multiple={multiple || folder}
        accept={accept}
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // Emptied, so that choosing the same file again is noticed.
          event.target.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
    </>
  )
}
