import { useState } from 'react'
import { evaluationOf } from '../state/evaluation'
import { recipeProblems } from '../state/recipe'
import { type MethodDescription, matters, type OptionDescription } from '../workers/api'
import { ChoiceField } from './fields'
import { useStudio, useStudioState } from './studio-context'
import { sweepWords as words } from './words/recipe'
import './runs.css'

type ChoiceOption = Extract<OptionDescription, { type: 'choice' }>

/** The option that a sweep is most likely wanted for. */
const FIRST = 'allocator'

/** The same recipe with several values of one option, one run after another. */
export function Sweep({ method }: { method: MethodDescription }) {
  const studio = useStudio()
  const recipe = useStudioState((state) => state.recipe)!
  const engine = useStudioState((state) => state.engine.status)
  const busy = useStudioState((state) => state.busy !== null)
  const sweeping = useStudioState((state) => state.sweep !== null)
  const [chosenKey, setKey] = useState<string | null>(null)
  const [left, setLeft] = useState<readonly (string | number)[]>([])
  const [measured, setMeasured] = useState(true)
  const options = method.options
    .filter((option) => option.type === 'choice')
    .filter((option) => matters(option, recipe.options))
  const option = options.find(({ key }) => key === chosenKey) ?? options.find(({ key }) => key === FIRST) ?? options[0]
  if (!option) return null
  const values = option.choices.map(({ value }) => value).filter((value) => !left.includes(value))
  const wrong = Object.keys(recipeProblems(recipe, method)).length > 0
  return (
    <details className="sweep-box">
      <summary>{words.title}</summary>
      <div className="sweep">
        <p className="field-help">{words.note}</p>
        {options.length > 1 && (
          <div className="fields">
            <ChoiceField
              label={words.option}
              value={option.key}
              choices={options.map(({ key, label }) => ({ value: key, label }))}
              disabled={sweeping}
              onChange={(key) => {
                setKey(key)
                setLeft([])
              }}
            />
          </div>
        )}
        <Values option={option} values={values} disabled={sweeping} onLeave={setLeft} />
        <Measured checked={measured} disabled={sweeping} onChange={setMeasured} />
        <div className="row">
          <button
            type="button"
            disabled={busy || sweeping || wrong || engine !== 'ready' || values.length < 2}
            onClick={() => void studio.sweep(option.key, values, measured)}
          >
            {words.run(values.length)}
          </button>
          {values.length < 2 && <span className="quiet small">{words.atLeastTwo}</span>}
        </div>
      </div>
    </details>
  )
}

interface ValuesProps {
  readonly option: ChoiceOption
  readonly values: readonly (string | number)[]
  readonly disabled: boolean
  readonly onLeave: (left: readonly (string | number)[]) => void
}

function Values({ option, values, disabled, onLeave }: ValuesProps) {
  const all = option.choices.map(({ value }) => value)
  return (
    <fieldset>
      <legend>{option.label}</legend>
      <div className="sweep-values">
        {option.choices.map(({ value, label }) => (
          <label key={value} className="check">
            <input
              type="checkbox"
              checked={values.includes(value)}
              disabled={disabled}
              onChange={({ target }) =>
                onLeave(all.filter((other) => (other === value ? !target.checked : !values.includes(other))))
              }
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface MeasuredProps {
  readonly checked: boolean
  readonly disabled: boolean
  readonly onChange: (checked: boolean) => void
}

/** Whether each run is measured, and on what: the choice is made under Measure. */
function Measured({ checked, disabled, onChange }: MeasuredProps) {
  const evaluation = useStudioState((state) => state.evaluation)
  const catalog = useStudioState((state) => state.catalog)
  const engine = useStudioState((state) => state.engine)
  const { text, options, ready } = evaluationOf({ evaluation, catalog, engine })

  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked && ready}
        disabled={disabled || !ready}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {words.measure}{' '}
        <span className="quiet plain-weight">
          {ready ? words.on(text, options.protocol, options.maxTokens) : words.noText}
        </span>
      </span>
    </label>
  )
}
