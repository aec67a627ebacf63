import { useMemo } from 'react'
import { recipeFields, settingKey, settingsOf } from '../../state/run-table'
import { FileButton } from '../FileButton'
import { CheckField, ChoiceField, Field } from '../fields'
import { formatBytes } from '../format'
import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'
import { fieldTitle, settingText } from './cells'
import { FIRST_COLUMNS, OWN_COLUMNS, recipeColumn } from './columns'
import { useFoundRuns, useSetting, useShownColumns } from './selection'

/** What decides which runs the table shows and how, and the ways in and out of it. */
export function RunsSide() {
  const studio = useStudio()
  const query = useStudioState((state) => state.archive.table.query)
  const found = useFoundRuns()
  const all = useStudioState((state) => state.archive.runs.length)
  const importing = useStudioState((state) => state.archive.importing)
  return (
    <>
      <Field label={runsWords.filter} help={runsWords.filterHelp}>
        {(wiring) => (
          <input
            {...wiring}
            type="search"
            spellCheck={false}
            value={query}
            onChange={(event) => studio.viewRuns({ query: event.target.value })}
          />
        )}
      </Field>
      <SettingField />
      {all > 0 && <Columns />}
      <div className="row">
        <FileButton multiple disabled={importing} accept=".json" onFiles={(files) => void studio.importRuns(files)}>
          {runsWords.import}
        </FileButton>
        {found.length > 0 && (
          <>
            <button type="button" onClick={() => void studio.exportRuns(found.map(({ id }) => id))}>
              {runsWords.exportAll(found.length)}
            </button>
            <button
              type="button"
              onClick={() =>
                void studio.removeRuns(
                  'runs',
                  found.map(({ id }) => id),
                )
              }
            >
              {runsWords.deleteAll(found.length)}
            </button>
          </>
        )}
      </div>
      <Room />
    </>
  )
}

function SettingField() {
  const studio = useStudio()
  const runs = useStudioState((state) => state.archive.runs)
  const setting = useSetting()
  const settings = useMemo(() => settingsOf(runs), [runs])
  if (!setting) return null
  return (
    <ChoiceField
      drops
      label={runsWords.measuredBy}
      value={settingKey(setting)}
      choices={settings.map((one) => ({
        value: settingKey(one),
        label: runsWords.settingChoice(settingText(one), one.runs),
      }))}
      onChange={(key) => studio.viewRuns({ setting: key })}
    />
  )
}

function Columns() {
  const studio = useStudio()
  const runs = useStudioState((state) => state.archive.runs)
  const shown = useShownColumns()
  const fields = useMemo(
    () => [...new Set(runs.flatMap(({ recipe }) => [...recipeFields(recipe).keys()]))].sort(),
    [runs],
  )
  const check = (key: string, title: string) => (
    <label key={key} className="check">
      <input
        type="checkbox"
        checked={shown.includes(key)}
        onChange={({ target }) =>
          studio.viewRuns({ columns: target.checked ? [...shown, key] : shown.filter((other) => other !== key) })
        }
      />
      {title}
    </label>
  )
  return (
    <details className="run-columns">
      <summary>{runsWords.columns}</summary>
      <div className="run-columns-all">{OWN_COLUMNS.map(({ key, title }) => check(key, title))}</div>
      {fields.length > 0 && (
        <fieldset>
          <legend>{runsWords.recipeColumns}</legend>
          <div className="run-columns-all">
            {fields
              .filter((field) => field !== 'method')
              .map((field) => check(recipeColumn(field).key, fieldTitle(field)))}
          </div>
        </fieldset>
      )}
      <button type="button" className="plain" onClick={() => studio.viewRuns({ columns: FIRST_COLUMNS })}>
        {runsWords.columnsReset}
      </button>
    </details>
  )
}

/** What is kept takes, and how long the browser promises to keep it. */
function Room() {
  const studio = useStudio()
  const { runs, room, keepsResults, status } = useStudioState((state) => state.archive)
  const records = runs.reduce((sum, { bytes }) => sum + bytes, 0)
  const results = runs.reduce((sum, { result }) => sum + (result?.kept ? result.bytes : 0), 0)
  return (
    <section className="stack" aria-label={runsWords.room}>
      {status === 'kept' && (
        <CheckField
          label={runsWords.keepsResults}
          help={runsWords.keepsResultsHelp}
          value={keepsResults}
          onChange={studio.keepResults}
        />
      )}
      <dl className="facts">
        <dt>{runsWords.records}</dt>
        <dd>{formatBytes(records)}</dd>
        <dt>{runsWords.results}</dt>
        <dd>{formatBytes(results)}</dd>
        {room && (
          <>
            <dt>{runsWords.used}</dt>
            <dd>{runsWords.of(room.usage, room.quota)}</dd>
            <dt>{runsWords.lasting}</dt>
            <dd>{room.persisted ? runsWords.persisted.yes : runsWords.persisted.no}</dd>
          </>
        )}
      </dl>
    </section>
  )
}
