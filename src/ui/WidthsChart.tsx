import { useCallback, useMemo, useState } from 'react'
import type { ModuleRecord } from '../records'
import { BitsLegend } from './BitsLegend'
import { FigureTable, inFull } from './FigureTable'
import { formatTenths } from './format'
import { BARS_HEIGHT, barAt, barText, drawBars, layoutBars, modelWidth, widthBars } from './maps/widths'
import type { OnPicture } from './PictureButtons'
import { Plot, walkLine } from './Plot'
import { useStudio, useStudioState } from './studio-context'
import type { Draw } from './use-canvas'
import { widthsWords as words } from './words/look'

interface WidthsChartProps {
  readonly modules: readonly ModuleRecord[]
  readonly selected: string
  readonly onSelect: (name: string) => void
  readonly onPicture: OnPicture
}

const FAR = 7
const FORMATS = [inFull, (mean: number) => mean.toFixed(3), formatTenths]

/** How every module spends its bits: the share of its columns at each width. */
export function WidthsChart({ modules, selected, onSelect, onPicture }: WidthsChartProps) {
  const bars = useMemo(() => widthBars(modules), [modules])
  const mean = useMemo(() => modelWidth(modules), [modules])
  const widths = useMemo(
    () => [...new Set(bars.flatMap(({ shares }) => shares.map(({ bits }) => bits)))].sort((a, b) => a - b),
    [bars],
  )
  const studio = useStudio()
  const hovered = useStudioState((state) => state.hovered)
  const [chosen, setChosen] = useState<number | null>(null)
  const elsewhere = useMemo(() => bars.findIndex(({ name }) => name === hovered), [bars, hovered])
  const cursor = chosen !== null && chosen < bars.length ? chosen : elsewhere < 0 ? null : elsewhere
  const setCursor = (at: number | null) => {
    setChosen(at)
    studio.hover(bars[at ?? -1]?.name ?? null)
  }
  const place = bars.findIndex(({ name }) => name === selected)
  const draw = useCallback<Draw>(
    (ctx, width, theme) =>
      drawBars(ctx, bars, layoutBars(bars, width), { cursor, selected: place < 0 ? null : place }, theme),
    [bars, cursor, place],
  )
  const shown = cursor ?? place
  const choose = (at: number | null) => {
    const bar = at === null ? undefined : bars[at]
    if (bar) onSelect(bar.name)
  }
  return (
    <>
      <Plot
        title={
          <>
            {words.title} <span className="quiet">{words.mean(mean.toFixed(3))}</span>
          </>
        }
        tools={<BitsLegend widths={widths} label={words.title} />}
        label={words.label(bars.length, mean.toFixed(3))}
        height={() => BARS_HEIGHT}
        draw={draw}
        readout={bars[shown] ? barText(bars[shown]) : ''}
        caption={words.caption(mean.toFixed(3))}
        onPicture={onPicture}
        onPoint={(at) => setCursor(at && barAt(layoutBars(bars, at.width), at.x))}
        onPick={(at) => choose(barAt(layoutBars(bars, at.width), at.x))}
        onKey={(key, far) => {
          if (key === 'Enter' || key === ' ') choose(shown)
          else if (key === 'Escape') setCursor(null)
          else {
            const to = walkLine(shown, key, bars.length, far ? FAR : 1)
            if (to === null) return false
            setCursor(to)
          }
          return true
        }}
      />
      <FigureTable
        label={words.table}
        head={[words.head.module, words.head.mean, ...widths.map(String)]}
        rows={() =>
          bars.map(({ name, mean: of, shares }) => [
            ...[name, of],
            ...widths.map((width) => shares.find(({ bits }) => bits === width)?.share ?? 0),
          ])
        }
        formats={FORMATS}
        file="widths"
      />
    </>
  )
}
