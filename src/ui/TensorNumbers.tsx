import { useCallback, useMemo, useState } from 'react'
import type { TensorPicture, TensorStatistics } from '../file-records'
import { visible } from '../visible'
import { formatError, formatInteger, formatTenths } from './format'
import { barAt, barsOf, barText, drawHistogram, HISTOGRAM_HEIGHT } from './maps/tensor-histogram'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio } from './studio-context'
import type { Draw } from './use-canvas'
import { tensorWords } from './words/view'

interface TensorNumbersProps {
  readonly name: string
  readonly picture: TensorPicture
  /** Reads what was left out; null where that was asked for. */
  readonly onReadAll: (() => void) | null
}

/** A tensor in numbers, and how its weights are spread. */
export function TensorNumbers({ name, picture, onReadAll }: TensorNumbersProps) {
  const { statistics, weights, read } = picture
  return (
    <>
      <p className="quiet small tensor-read">
        {read < weights ? tensorWords.someRead(read, weights) : tensorWords.allRead(weights)}{' '}
        {read < weights && onReadAll && (
          <button type="button" className="plain" onClick={onReadAll}>
            {tensorWords.readAll(weights)}
          </button>
        )}
      </p>
      <Statistics statistics={statistics} read={read} />
      <Histogram name={name} statistics={statistics} />
    </>
  )
}

function Statistics({ statistics, read }: { statistics: TensorStatistics; read: number }) {
  const { facts } = tensorWords
  const { min, max, mean, deviation, zeros, nans, infinities } = statistics
  const measured = [
    [facts.min, min],
    [facts.max, max],
    [facts.mean, mean],
    [facts.deviation, deviation],
  ] as const
  const counted = [
    [facts.zeros, zeros],
    [facts.nans, nans],
    [facts.infinities, infinities],
  ] as const
  return (
    <dl className="spec tensor-facts" aria-label={tensorWords.statistics}>
      {measured.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{Number.isNaN(value) ? tensorWords.none : formatError(value)}</dd>
        </div>
      ))}
      {counted.map(([title, count]) => (
        <div key={title} data-bad={(count > 0 && title !== facts.zeros) || undefined}>
          <dt>{title}</dt>
          <dd>{count > 0 ? `${formatInteger(count)} (${formatTenths(count / read)})` : '0'}</dd>
        </div>
      ))}
    </dl>
  )
}

const FAR = 10

function Histogram({ name, statistics }: { name: string; statistics: TensorStatistics }) {
  const studio = useStudio()
  const bars = useMemo(() => barsOf(statistics.histogram), [statistics])
  const [cursor, setCursor] = useState<number | null>(null)
  const draw = useCallback<Draw>((ctx, width, theme) => drawHistogram(ctx, bars, width, cursor, theme), [bars, cursor])
  if (bars.length === 0) return null
  return (
    <Plot
      title={
        <>
          {tensorWords.histogram} <span className="quiet">{tensorWords.logCounts}</span>
        </>
      }
      label={tensorWords.histogramLabel(visible(name), bars.length)}
      height={() => HISTOGRAM_HEIGHT}
      draw={draw}
      readout={barText(bars, cursor) ?? tensorWords.histogramHint}
      caption={`${tensorWords.histogram}: ${visible(name)}`}
      onPicture={savePicture(`${studio.baseName()}-histogram`)}
      onPoint={(at) => setCursor(at && barAt(bars, at.x, at.width))}
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const to = walkLine(cursor ?? -1, key, bars.length, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
