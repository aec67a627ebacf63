import { roughly } from '../../duration'
import type { CalibrationStream } from '../../records'
import { nominalBits } from '../../state/modules'
import { recipeProblems } from '../../state/recipe'
import { type MethodDescription, matters, presetOf } from '../../workers/api'
import { FileButton } from '../FileButton'
import { type Choice, ChoiceField, NumberField } from '../fields'
import { formatBytes, formatInteger, formatNumber } from '../format'
import { OptionField } from '../OptionField'
import { Step } from '../Step'
import { Sweep } from '../Sweep'
import { useStudio, useStudioState } from '../studio-context'
import { TextField } from '../TextField'

export function RecipeStep() {
  const model = useStudioState((state) => state.model)
  const recipe = useStudioState((state) => state.recipe)
  const methods = useStudioState((state) => state.methods)
  const method = methods.find((candidate) => candidate.id === recipe?.method)
  if (!model) return null
  if (model.inspection.bits !== null)
    return (
      <Step
        id="recipe"
        waitsFor="This model is already quantized: a packed file has its recipe under Take away. Open a checkpoint to try another."
      />
    )
  if (!recipe || !method) return <Step id="recipe" waitsFor="Waits for the engine to list its methods." />
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
        label="Method"
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
            <span className="estimate">{formatNumber(bits, 2)}</span> bits a weight, nominal
          </p>
          <p className="field-help">
            {formatInteger(model.plan.length)} linear layers, about {formatBytes((weights * bits) / 8)} with scales and
            indices. Embedding, head and norms stay as they are.
          </p>
        </div>
      )}
      <RunEstimate />
      <div className="row">
        <button type="button" onClick={() => void studio.saveRecipe()}>
          Save recipe
        </button>
        <FileButton accept=".json" disabled={running} onFiles={([file]) => file && void studio.loadRecipe(file)}>
          Load recipe
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
        about <span className="estimate">{roughly(forecast.seconds)}</span> on this device
      </p>
      <p className="field-help">
        {formatBytes(forecast.peak)} of GPU memory at the peak. A run can be paused and cancelled; closing the tab loses
        it.
      </p>
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
    : [{ value: '', label: followed ? `${followed.preset.label}, other calibration` : 'Own' }]
  return (
    <ChoiceField
      label="Settings"
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
  if (!followed) return 'Changed by hand; choose one to go back to it.'
  const { summary, label, calibration } = followed.preset
  if (followed.whole || !calibration) return summary
  const { samples, length } = calibration
  return `${label} is meant for ${samples} windows of ${length} tokens; choose it again to have those.`
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
    <section className="stack" aria-label="Method options">
      <div className="fields">{fields(false)}</div>
      {advanced.length > 0 && (
        <details>
          <summary>Advanced options ({advanced.length})</summary>
          <div className="fields">{advanced}</div>
        </details>
      )}
    </section>
  )
}

const STREAMS: readonly Choice<CalibrationStream>[] = [
  { value: 'sequential', label: 'Sequential' },
  { value: 'original', label: 'Original' },
]
const PICKS: readonly Choice<'first' | 'random'>[] = [
  { value: 'first', label: 'First' },
  { value: 'random', label: 'Random' },
]

function CalibrationForm({ method }: { method: MethodDescription }) {
  const studio = useStudio()
  const recipe = useStudioState((state) => state.recipe)!
  const running = useStudioState((state) => state.busy === 'run')
  const problems = recipeProblems(recipe, method)
  const { calibration } = recipe
  const change = (part: Partial<typeof calibration>) => studio.setRecipe({ calibration: { ...calibration, ...part } })
  return (
    <section className="fields dense" aria-label="Calibration">
      <TextField
        label="Calibration text"
        use="calibration"
        value={calibration.text}
        problem={problems.text}
        disabled={running}
        onChange={(text) => change({ text })}
      />
      <NumberField
        label="Samples"
        value={calibration.samples}
        problem={problems.samples}
        min={1}
        max={65536}
        step={1}
        disabled={running}
        help="Windows of the text the layers are fitted to. More is steadier and slower."
        onChange={(samples) => change({ samples })}
      />
      <NumberField
        label="Length"
        value={calibration.length}
        problem={problems.length}
        min={2}
        max={131072}
        step={1}
        disabled={running}
        help={`Tokens a window: ${formatInteger(calibration.samples * calibration.length || 0)} tokens in all.`}
        onChange={(length) => change({ length })}
      />
      <ChoiceField
        label="Windows"
        value={calibration.pick}
        choices={PICKS}
        disabled={running}
        help="The first windows of the text, or windows drawn by the seed."
        onChange={(pick) => change({ pick })}
      />
      <ChoiceField
        label="Calibration stream"
        value={calibration.stream ?? 'sequential'}
        choices={STREAMS}
        disabled={running}
        help="What a block is fitted to: what the quantized blocks before it produce, or the original ones, as when several machines share the work."
        onChange={(stream) => change({ stream })}
      />
      <NumberField
        label="Seed"
        value={recipe.seed}
        problem={problems.seed}
        min={0}
        max={0xffffffff}
        step={1}
        disabled={running}
        help="The same recipe gives the same codes on the same kind of device."
        onChange={(seed) => studio.setRecipe({ seed })}
      />
    </section>
  )
}
