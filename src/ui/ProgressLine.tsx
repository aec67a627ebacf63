import './progress.css'

interface ProgressLineProps {
  readonly label: string
  readonly detail?: string
  /** 0 to 1; null while nobody knows. */
  readonly share: number | null
}

export function ProgressLine({ label, detail, share }: ProgressLineProps) {
  return (
    <div className="progress-line">
      <span className="progress-label">{label}</span>
      <span className="progress-detail">{detail}</span>
      <progress aria-label={label} value={share ?? undefined} max={1} />
    </div>
  )
}
