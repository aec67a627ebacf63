import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ModuleRecord } from '../records'
import type { WeightWindow } from '../workers/api'
import { NumberField } from './fields'
import { formatError } from './format'
import { CLOSE_UP, drawCloseUp, layoutCloseUp, panelsOf, weightAt } from './maps/close-up'
import { PictureButtons } from './PictureButtons'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import { type Draw, useCanvas } from './use-canvas'

interface CloseUpProps {
  readonly module: ModuleRecord
  /** First column shown, as the matrix map chose it. */
  readonly column: number
  readonly onColumn: (column: number) => void
}

/** Single weights of the selected matrix before and after, read from the stored bytes. */
export function CloseUp({ module, column, onColumn }: CloseUpProps) {
  const [row, setRow] = useState(0)
  const rows = Math.min(CLOSE_UP, module.out)
  const columns = Math.min(CLOSE_UP, module.in)
  const place = { row: inside(row, module.out - rows), rows, column: inside(column, module.in - columns), columns }
  const weights = useWeights(module.name, place)
  return (
    <section className="map" aria-label="Close-up">
      <div className="map-head">
        <h3>
          Close-up: single weights{' '}
          <span className="quiet">
            rows {place.row} to {place.row + rows - 1}, columns {place.column} to {place.column + columns - 1}
          </span>
        </h3>
        <div className="close-up-place">
          <NumberField label="First row" value={row} min={0} max={module.out - rows} step={1} onChange={setRow} />
          <NumberField
            label="First column"
            value={column}
            min={0}
            max={module.in - columns}
            step={1}
            onChange={onColumn}
          />
        </div>
      </div>
      {weights ? (
        <Panels name={module.name} weights={weights} row={place.row} column={place.column} />
      ) : (
        <p className="quiet">Shown once the run has finished and the engine is free.</p>
      )}
    </section>
  )
}

const inside = (value: number, most: number): number =>
  Number.isInteger(value) ? Math.min(most, Math.max(0, value)) : 0

/** The window's weights, asked for when the engine is free; the last answer stays until the next one. */
function useWeights(
  name: string,
  { row, rows, column, columns }: { row: number; rows: number; column: number; columns: number },
) {
  const studio = useStudio()
  const free = useStudioState((state) => state.busy === null && state.result?.alive === true)
  const run = useStudioState((state) => state.result?.run)
  const [weights, setWeights] = useState<WeightWindow | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run holds other weights under the same name
  useEffect(() => {
    if (!free) return
    let wanted = true
    const answer = studio.weights(name, { row, rows, column, columns })
    void answer.then((window) => wanted && window && setWeights(window))
    return () => {
      wanted = false
    }
  }, [studio, name, row, rows, column, columns, free, run])
  return weights
}

function Panels(props: { name: string; weights: WeightWindow; row: number; column: number }) {
  const { name, weights, row, column } = props
  const studio = useStudio()
  const panels = useMemo(() => panelsOf(weights), [weights])
  const [at, setAt] = useState<{ row: number; column: number } | null>(null)
  const [height, setHeight] = useState(0)
  const draw = useCallback<Draw>(
    (ctx, width, theme) =>
      drawCloseUp(ctx, panels, weights, layoutCloseUp(weights.rows, weights.columns, width), theme),
    [panels, weights],
  )
  const { canvas, width } = useCanvas(height, draw)
  const layout = layoutCloseUp(weights.rows, weights.columns, width)
  useEffect(() => setHeight(layout.height), [layout.height])
  const index = at ? at.row * weights.columns + at.column : 0
  const caption = `${name}: weights of rows ${row} to ${row + weights.rows - 1}, columns ${column} to ${column + weights.columns - 1}`
  return (
    <>
      <div className="pictures">
        <PictureButtons
          canvas={canvas}
          figure={() => ({ width, height, caption, draw })}
          onPicture={savePicture(`${studio.baseName()}-${name}-weights`)}
        />
      </div>
      <div
        className="map-canvas"
        role="img"
        aria-label={`Weights as colours: ${panels.map((panel) => panel.title).join(', ')}`}
        onPointerMove={({ nativeEvent }) => setAt(weightAt(layout, weights, nativeEvent.offsetX, nativeEvent.offsetY))}
        onPointerLeave={() => setAt(null)}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout">
        {at
          ? `Row ${row + at.row}, column ${column + at.column}: ${panels.map(({ title, values }) => `${title} ${formatError(values[index] ?? 0)}`).join(', ')}${weights.salient?.[index] ? '; salient' : ''}`
          : 'Orange is negative, purple is positive, the stronger the larger. Click the matrix map to move here.'}
      </p>
      {weights.salient && (
        <p className="field-help">Framed weights are salient: stored with more than a sign and a group.</p>
      )}
      {weights.original && weights.rescaled && (
        <p className="field-help">
          This run scaled rows or columns of the matrix before it rounded, and the inverse into what comes before. The
          original is shown scaled alike: the change is what rounding did.
        </p>
      )}
    </>
  )
}
