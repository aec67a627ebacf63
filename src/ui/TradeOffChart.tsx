import { type ReactNode, useCallback, useMemo, useState } from 'react'
import { type TradeOffs, tradeOffs } from '../state/trade-offs'
import { drawTradeOffs, layoutTradeOffs, pointAt, tradeOffText } from './maps/trade-offs'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import type { Draw } from './use-canvas'

const FAR = 5

/** What every finished run stores a weight, and the perplexity that is left; nothing before two runs are measured alike. */
export function TradeOffChart() {
  const studio = useStudio()
  const runs = useStudioState((state) => state.runs)
  const measurements = useStudioState((state) => state.measurements)
  const found = useMemo(() => tradeOffs(runs, measurements), [runs, measurements])
  return found && <TradeOffPlot found={found} name={`${studio.baseName()}-bits-perplexity`} />
}

interface TradeOffPlotProps {
  readonly found: TradeOffs
  /** Of the picture. */
  readonly name: string
  readonly tools?: ReactNode
}

/** Runs by what they take and what is left, with those that no other beats joined. */
export function TradeOffPlot({ found, name, tools }: TradeOffPlotProps) {
  const [chosen, setCursor] = useState<number | null>(null)
  const cursor = chosen !== null && chosen < found.points.length ? chosen : null
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawTradeOffs(ctx, found, layoutTradeOffs(found, width), cursor, theme),
    [found, cursor],
  )
  const paid = found.cost === 'bytes' ? 'bytes of the packed file' : 'stored bits a weight'
  const { text, protocol, maxTokens, modelName, points } = found
  return (
    <Plot
      title={
        <>
          What {found.cost === 'bytes' ? 'bytes' : 'bits'} buy{' '}
          <span className="quiet plain-weight">
            {found.cost === 'bytes' ? 'bytes of the packed file' : 'all stored bits a weight'}; {text}, {protocol}
            {maxTokens !== null && `, first ${maxTokens} tokens`}
          </span>
        </>
      }
      tools={tools}
      label={`Perplexity over ${found.cost === 'bytes' ? 'file size' : 'stored bits'} of ${points.length} runs. Arrow keys read out a run.`}
      height={(width) => layoutTradeOffs(found, width).height}
      draw={draw}
      readout={tradeOffText(found, cursor)}
      caption={`${modelName}: perplexity over ${paid}, ${text}, ${protocol}`}
      onPicture={savePicture(name)}
      onPoint={(at) => setCursor(at && pointAt(found, layoutTradeOffs(found, at.width), at.x, at.y))}
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const to = walkLine(cursor ?? -1, key, points.length, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
