import { useState } from 'react'
import { withValue } from '../../state/archived'
import { completed, optionProblem, recipeProblems } from '../../state/recipe'
import { type MethodDescription, matters, type OptionDescription } from '../../workers/api'
import type { ListedRun } from '../../workers/archive-api'
import { ChoiceField } from '../fields'
import { OptionField } from '../OptionField'
import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'

/** A number of the recipe that is no option of its method. */
const ownNumber = (key: string, label: string, min: number, max: number): OptionDescription => ({
  ...{ key, label, help: '', advanced: false, type: 'number', min, max, step: 1, default: min },
})

const seed = ownNumber('seed', runsWords.seed, 0, 0xffffffff)
const calibration = [
  ownNumber('samples', runsWords.samples, 1, 65536),
  ownNumber('length', runsWords.length, 2, 131072),
]

/** The run's recipe once more, as it was or with one value changed: in the form, or run at once. */
export function RunAgain({ run }: { run: ListedRun }) {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy !== null)
  const ready = useStudioState((state) => state.engine.status === 'ready')
  const method = useStudioState((state) => state.methods.find(({ id }) => id === run.recipe.method))
  return (
    <>
      <div className="row">
        <button
          type="button"
          disabled={busy || !method}
          onClick={() => void studio.rerun(run.id).then((there) => there && (location.hash = '#step-recipe'))}
        >
          {runsWords.again}
        </button>
      </div>
      {method && (
        <details>
          <summary>{runsWords.againWith}</summary>
          <WithChange run={run} method={method} disabled={busy || !ready} />
        </details>
      )}
    </>
  )
}

function WithChange({ run, method, disabled }: { run: ListedRun; method: MethodDescription; disabled: boolean }) {
  const studio = useStudio()
  const recipe = completed(run.recipe, method)
  const fields = [
    ...method.options.filter((option) => matters(option, recipe.options)),
    ...(method.needsCalibration ? calibration : []),
    seed,
  ]
  const [chosen, choose] = useState(fields[0]!.key)
  const [value, setValue] = useState<unknown>(undefined)
  const field = fields.find(({ key }) => key === chosen) ?? fields[0]!
  const before = recipeValue(recipe, field.key)
  const shown = value === undefined ? before : value
  const problem = optionProblem(field, shown)
  const fits = !problem && Object.keys(recipeProblems(withValue(recipe, field.key, shown), method)).length === 0
  const go = async (place: 'recipe' | 'run') => {
    if (!(await studio.rerun(run.id, { key: field.key, value: shown }))) return
    location.hash = `#step-${place}`
    if (place === 'run') await studio.run()
  }
  return (
    <div className="stack">
      <ChoiceField
        drops
        label={runsWords.field}
        value={field.key}
        choices={fields.map(({ key, label }) => ({ value: key, label }))}
        onChange={(key) => {
          choose(key)
          setValue(undefined)
        }}
      />
      <OptionField
        option={{ ...field, help: '' }}
        value={shown}
        problem={problem ?? undefined}
        disabled={disabled}
        onChange={setValue}
      />
      <div className="row">
        <button type="button" disabled={disabled || !fits} onClick={() => void go('recipe')}>
          {runsWords.toRecipe}
        </button>
        <button type="button" disabled={disabled || !fits || shown === before} onClick={() => void go('run')}>
          {runsWords.runNow}
        </button>
      </div>
    </div>
  )
}

function recipeValue({ options, calibration: text, seed: own }: ListedRun['recipe'], key: string): unknown {
  if (key === 'seed') return own
  return key in options ? options[key] : text[key as keyof typeof text]
}
