import { roughly } from '../../duration'
import type { CalibrationStream } from '../../records'
import { nominalBits } from '../../state/modules'
import { recipeProblems } from '../../state/recipe'
import { type MethodDescription, matters, presetOf } from '../../workers/api'
import { FileButton } from '../FileButton'
import { type Choice, ChoiceField, NumberField } from '../fields'
import { formatNumber } from '../format'
import { OptionField } from '../OptionField'
import { Step } from '../Step'
import { Sweep } from '../Sweep'
import { useStudio, useStudioState } from '../studio-context'
import { TextField } from '../TextField'
import { recipeWords as words } from '../words/recipe'

export function RecipeStep() {
  const model = useStudioState((state) => state.model)
  const recipe = useStudioState((state) => state.recipe)
  const methods = useStudioState((state) => state.methods)
  const method = methods.find((candidate) => candidate.id === recipe?.method)
  if (!model) return null
  if (model.inspection.bits !== null) return <Step id="recipe" waitsFor={words.quantized} />
  if (!recipe || !method) return <Step id="recipe" waitsFor={words.starting} />
  return (
    <Step id="recipe" status={method.title} side={<RecipeSide method={method} />}>
      <MethodForm method={method} />
      {method.needsCalibration && <CalibrationForm method={method} />}
      <Sweep method={method} />
    </Step>
  )
}

function RecipeSide({ method }: { method: MethodDescription }) {
  const studio = useStudio()
  const methods = useStudioState((state) => state.methods)
  const recipe = useStudioState((state) => state.recipe)!
  const model = useStudioState((state) => state.model)!
  const running = useStudioState((state) => state.busy === 'run')
  const bits = nominalBits(model.plan, recipe.options)
  const weights = model.plan.reduce((sum, module) => sum + module.out * module.in, 0)
  return (
    <>
      <ChoiceField
        label={words.method}
        value={method.id}
        choices={methods.map(({ id, title }) => ({ value: id, label: title }))}
        disabled={running}
        help={method.summary}
        onChange={studio.chooseMethod}
      />
      <PresetField method={method} disabled={running} />
      {bits !== null && (
        <div>
          <p>
            <span className="estimate">{formatNumber(bits, 2)}</span> {words.nominal}
          </p>
          <p className="field-help">{words.layers(model.plan.length, (weights * bits) / 8)}</p>
        </div>
      )}
      <RunEstimate />
      <div className="row">
        <button type="button" onClick={() => void studio.saveRecipe()}>
          {words.save}
        </button>
        <FileButton accept=".json" disabled={running} onFiles={([file]) => file && void studio.loadRecipe(file)}>
          {words.load}
        </FileButton>
      </div>
    </>
  )
}

/** What a run takes here, where that is known before. */
function RunEstimate() {
  const forecast = useStudioState((state) => state.forecast)
  if (forecast?.seconds == null) return null
  return (
    <div aria-live="polite">
      <p>
        {words.about} <span className="estimate">{roughly(forecast.seconds)}</span> {words.onDevice}
      </p>
      <p className="field-help">{words.peak(forecast.peak)}</p>
    </div>
  )
}

/** Settings under one name; what was changed by hand is nobody's preset. */
function PresetField({ method, disabled }: { method: MethodDescription; disabled: boolean }) {
  const studio = useStudio()
  const recipe = useStudioState((state) => state.recipe!)
  if (method.presets.length === 0) return null
  const followed = presetOf(method, recipe)
  const own = followed?.whole
    ? []
    : [{ value: '', label: followed ? words.otherCalibration(followed.preset.label) : words.own }]
  return (
    <ChoiceField
      label={words.settings}
      drops
      value={followed?.whole ? followed.preset.name : ''}
      choices={[...method.presets.map(({ name, label }) => ({ value: name, label })), ...own]}
      disabled={disabled}
      help={presetHelp(followed)}
      onChange={studio.choosePreset}
    />
  )
}

function presetHelp(followed: ReturnType<typeof presetOf>): string {
  if (!followed) return words.byHand
  const { summary, label, calibration } = followed.preset
  if (followed.whole || !calibration) return summary
  const { samples, length } = calibration
  return words.meantFor(label, samples, length)
}

function MethodForm({ method }: { method: MethodDescription }) {
  const studio = useStudio()
  const recipe = useStudioState((state) => state.recipe)!
  const running = useStudioState((state) => state.busy === 'run')
  const problems = recipeProblems(recipe, method)
  const fields = (advanced: boolean) =>
    method.options
      .filter((option) => option.advanced === advanced)
      // one that does not matter hides, but not what has to be corrected
      .filter((option) => matters(option, recipe.options) || problems[option.key])
      .map((option) => (
        <OptionField
          key={option.key}
          option={option}
          value={recipe.options[option.key]}
          problem={problems[option.key]}
          disabled={running}
          onChange={(value) => studio.setOption(option.key, value)}
        />
      ))
  const advanced = fields(true)
  return (
    <section className="stack" aria-label={words.options}>
      <div className="fields">{fields(false)}</div>
      {advanced.length > 0 && (
        <details>
          <summary>{words.advanced(advanced.length)}</summary>
          <div className="fields">{advanced}</div>
        </details>
      )}
    </section>
  )
}

const STREAMS: readonly Choice<CalibrationStream>[] = [
  { value: 'sequential', label: words.streams.sequential },
  { value: 'original', label: words.streams.original },
]
const PICKS: readonly Choice<'first' | 'random'>[] = [
  { value: 'first', label: words.picks.first },
  { value: 'random', label: words.picks.random },
]

function CalibrationForm({ method }: { method: MethodDescription }) {
  const studio = useStudio()
  const recipe = useStudioState((state) => state.recipe)!
  const running = useStudioState((state) => state.busy === 'run')
  const problems = recipeProblems(recipe, method)
  const { calibration } = recipe
  const change = (part: Partial<typeof calibration>) => studio.setRecipe({ calibration: { ...calibration, ...part } })
  return (
    <section className="fields dense" aria-label={words.calibration}>
      <TextField
        label={words.text}
        use="calibration"
        value={calibration.text}
        problem={problems.text}
        disabled={running}
        onChange={(text) => change({ text })}
      />
      <NumberField
        label={words.samples}
        value={calibration.samples}
        problem={problems.samples}
        min={1}
        max={65536}
        step={1}
        disabled={running}
        help={words.samplesHelp}
        onChange={(samples) => change({ samples })}
      />
      <NumberField
        label={words.length}
        value={calibration.length}
        problem={problems.length}
        min={2}
        max={131072}
        step={1}
        disabled={running}
        help={words.lengthHelp(calibration.samples * calibration.length || 0)}
        onChange={(length) => change({ length })}
      />
      <ChoiceField
        label={words.windows}
        value={calibration.pick}
        choices={PICKS}
        disabled={running}
        help={words.windowsHelp}
        onChange={(pick) => change({ pick })}
      />
      <ChoiceField
        label={words.stream}
        value={calibration.stream ?? 'sequential'}
        choices={STREAMS}
        disabled={running}
        help={words.streamHelp}
        onChange={(stream) => change({ stream })}
      />
      <NumberField
        label={words.seed}
        value={recipe.seed}
        problem={problems.seed}
        min={0}
        max={0xffffffff}
        step={1}
        disabled={running}
        help={words.seedHelp}
        onChange={(seed) => studio.setRecipe({ seed })}
      />
    </section>
  )
}
