import { type ReactNode, useId, useState } from 'react'
import './fields.css'

interface FieldProps {
  readonly label: string
  readonly help?: ReactNode
  readonly problem?: string | undefined
}

/** What a control needs to belong to its label, help and problem. */
interface Wiring {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean
}

export function Field({ label, help, problem, children }: FieldProps & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': notesId(id, { help, problem }), 'aria-invalid': problem !== undefined })}
      <Notes id={id} help={help} problem={problem} />
    </div>
  )
}

type NotesProps = Pick<FieldProps, 'help' | 'problem'>

const notesId = (id: string, { help, problem }: NotesProps) => (help || problem ? `${id}-notes` : undefined)

function Notes({ id, help, problem }: NotesProps & { id: string }) {
  if (!help && !problem) return null
  return (
    <div id={`${id}-notes`}>
      {problem && <p className="field-problem">{problem}</p>}
      {help && <p className="field-help">{help}</p>}
    </div>
  )
}

interface NumberFieldProps extends FieldProps {
  readonly value: number
  readonly onChange: (value: number) => void
  readonly min: number
  readonly max: number
  readonly step: number
  readonly disabled?: boolean
}

/** A number being typed may be none yet: the text is kept here, NaN goes up and the form says what it expected. */
export function NumberField({ value, onChange, min, max, step, disabled, ...field }: NumberFieldProps) {
  const [draft, setDraft] = useState('')
  const text = Number.isNaN(value) || Number(draft) === value ? draft : String(value)
  return (
    <Field {...field}>
      {(wiring) => (
        <input
          {...wiring}
          type="number"
          inputMode="decimal"
          value={draft === '' && !Number.isNaN(value) ? String(value) : text}
          min={min}
          max={max}
          step={step}
          disabled={disabled}
          onChange={(event) => {
            setDraft(event.target.value)
            onChange(event.target.value === '' ? Number.NaN : Number(event.target.value))
          }}
        />
      )}
    </Field>
  )
}

interface WordFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder: string
  readonly disabled?: boolean
}

/** A line of text. */
export function WordField({ value, onChange, placeholder, disabled, ...field }: WordFieldProps) {
  return (
    <Field {...field}>
      {(wiring) => (
        <input
          {...wiring}
          type="text"
          spellCheck={false}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

export interface Choice<T extends string | number> {
  readonly value: T
  readonly label: string
}

interface ChoiceFieldProps<T extends string | number> extends FieldProps {
  readonly value: T
  readonly choices: readonly Choice<T>[]
  readonly onChange: (value: T) => void
  readonly disabled?: boolean
  /** Drops down however few there are: where choices come and go, the control must not change its kind. */
  readonly drops?: boolean
}

/** Letters that still fit side by side; longer lists drop down. */
const SEGMENT_LETTERS = 21

/** One of a few: side by side when there is room, else a drop-down. */
export function ChoiceField<T extends string | number>(props: ChoiceFieldProps<T>) {
  const { label, help, problem, value, choices, onChange, disabled, drops = false } = props
  const id = useId()
  const letters = choices.reduce((sum, choice) => sum + choice.label.length + 1, 0)
  if (drops || letters > SEGMENT_LETTERS)
    return (
      <Field label={label} help={help} problem={problem}>
        {(wiring) => (
          <select
            {...wiring}
            disabled={disabled}
            value={String(choices.findIndex((choice) => choice.value === value))}
            onChange={(event) => onChange(choices[Number(event.target.value)]!.value)}
          >
            {choices.map((choice, index) => (
              <option key={choice.value} value={index}>
                {choice.label}
              </option>
            ))}
          </select>
        )}
      </Field>
    )
  return (
    <fieldset className="field" aria-describedby={notesId(id, { help, problem })}>
      <legend className="visually-hidden">{label}</legend>
      <span className="field-label" aria-hidden="true">
        {label}
      </span>
      <div className="segments">
        {choices.map((choice) => (
          <label key={choice.value}>
            <input
              type="radio"
              name={id}
              disabled={disabled}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            {choice.label}
          </label>
        ))}
      </div>
      <Notes id={id} help={help} problem={problem} />
    </fieldset>
  )
}

interface CheckFieldProps extends FieldProps {
  readonly value: boolean
  readonly onChange: (value: boolean) => void
  readonly disabled?: boolean
}

export function CheckField({ label, help, problem, value, onChange, disabled }: CheckFieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label className="check">
        <input
          type="checkbox"
          checked={value}
          disabled={disabled}
          aria-describedby={notesId(id, { help, problem })}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
      </label>
      <Notes id={id} help={help} problem={problem} />
    </div>
  )
}
