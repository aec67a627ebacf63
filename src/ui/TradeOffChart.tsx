import { type ReactNode, useCallback, useMemo, useState } from 'react'
import { type TradeOffs, tradeOffs } from '../state/trade-offs'
import { drawTradeOffs, layoutTradeOffs, pointAt, tradeOffText } from './maps/trade-offs'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import type { Draw } from './use-canvas'
import { tradeOffWords as words } from './words/trade-off'

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
  const { cost = 'bits', text, protocol, maxTokens, modelName, points } = found
  return (
    <Plot
      title={
        <>
          {words.costs[cost].title}{' '}
          <span className="quiet plain-weight">{words.about(cost, text, protocol, maxTokens)}</span>
        </>
      }
      tools={tools}
      label={words.label(cost, points.length)}
      height={(width) => layoutTradeOffs(found, width).height}
      draw={draw}
      readout={tradeOffText(found, cursor)}
      caption={words.caption(cost, modelName, text, protocol)}
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
