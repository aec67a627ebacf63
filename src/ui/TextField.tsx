import { hubTexts } from '../state/hub'
import { FileButton } from './FileButton'
import { Field } from './fields'
import { formatBytes } from './format'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'

interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly use: 'calibration' | 'evaluation'
  readonly onChange: (name: string) => void
  readonly problem?: string | undefined
  readonly disabled?: boolean
}

/** A text that ships with the page, one of the Hub or the person's own file; says where it comes from. */
export function TextField({ label, value, use, onChange, problem, disabled }: TextFieldProps) {
  const studio = useStudio()
  const bundled = useStudioState((state) => state.catalog.texts)
  const own = useStudioState((state) => state.ownTexts)
  const chosen = bundled.find((text) => text.name === value)
  const sorted = [...bundled].sort((a, b) => Number(b.use === use) - Number(a.use === use))
  const ofHub = hubTexts.find((text) => text.name === value)
  const loading = useStudioState((state) => (ofHub && state.hub.text?.name === ofHub.title ? state.hub.text : null))
  const known = chosen || ofHub || own.some((text) => text.name === value)
  const add = async ([file]: File[]) => {
    if (!file) return
    await studio.addText(file)
    onChange(file.name)
  }
  return (
    <div className="fields-group">
      <Field
        label={label}
        problem={problem ?? (value && !known ? `'${value}' is not loaded: choose that file` : undefined)}
        help={
          (chosen && `${chosen.license}; from ${chosen.package}. ${formatBytes(chosen.bytes)}.`) ||
          (ofHub &&
            `${ofHub.license}; ${ofHub.dataset} on the Hugging Face Hub. Downloaded when it is first used, then kept.`)
        }
      >
        {(wiring) => (
          <select {...wiring} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
            {!known && <option value={value}>{value || 'Choose a text'}</option>}
            {sorted.map((text) => (
              <option key={text.name} value={text.name}>
                {text.title}
              </option>
            ))}
            <optgroup label="From the Hugging Face Hub">
              {hubTexts.map((text) => (
                <option key={text.name} value={text.name}>
                  {text.title} (downloads {formatBytes(text.bytes)})
                </option>
              ))}
            </optgroup>
            {own.map((text) => (
              <option key={text.name} value={text.name}>
                {text.name} ({formatBytes(text.bytes)})
              </option>
            ))}
          </select>
        )}
      </Field>
      {loading && (
        <ProgressLine
          label={`Downloading ${loading.name}`}
          detail={`${loading.done} of ${loading.total} rows`}
          share={loading.done / loading.total}
        />
      )}
      <div>
        <FileButton
          className="plain"
          accept=".txt,.md,.raw,.json,.jsonl,text/*"
          disabled={disabled}
          onFiles={(files) => void add(files)}
        >
          {use === 'calibration' ? 'Calibrate on your own text file' : 'Measure on your own text file'}
        </FileButton>
      </div>
    </div>
  )
}
