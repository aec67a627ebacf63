import { hubTexts } from '../state/hub'
import { FileButton } from './FileButton'
import { Field } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import { textsWords as words } from './words/texts'

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
        problem={problem ?? (value && !known ? words.notLoaded(value) : undefined)}
        help={
          (chosen && words.bundled(chosen.license, chosen.package, chosen.bytes)) ||
          (ofHub && words.ofHub(ofHub.license, ofHub.dataset))
        }
      >
        {(wiring) => (
          <select {...wiring} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
            {!known && <option value={value}>{value || words.choose}</option>}
            {sorted.map((text) => (
              <option key={text.name} value={text.name}>
                {text.title}
              </option>
            ))}
            <optgroup label={words.fromHub}>
              {hubTexts.map((text) => (
                <option key={text.name} value={text.name}>
                  {words.downloads(text.title, text.bytes)}
                </option>
              ))}
            </optgroup>
            {own.map((text) => (
              <option key={text.name} value={text.name}>
                {words.own(text.name, text.bytes)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {loading && (
        <ProgressLine
          label={words.downloading(loading.name)}
          detail={words.rows(loading.done, loading.total)}
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
          {words.ownFile[use]}
        </FileButton>
      </div>
    </div>
  )
}
