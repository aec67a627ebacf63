import { useCallback, useMemo, useState } from 'react'
import { tradeOffs } from '../state/trade-offs'
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
  const [chosen, setCursor] = useState<number | null>(null)
  const cursor = chosen !== null && chosen < (found?.points.length ?? 0) ? chosen : null
  const draw = useCallback<Draw>(
    (ctx, width, theme) => found && drawTradeOffs(ctx, found, layoutTradeOffs(found, width), cursor, theme),
    [found, cursor],
  )
  if (!found) return null
  const { text, protocol, maxTokens, modelName, points } = found
  return (
    <Plot
      title={
        <>
          What bits buy{' '}
          <span className="quiet plain-weight">
            all stored bits a weight; {text}, {protocol}
            {maxTokens !== null && `, first ${maxTokens} tokens`}
          </span>
        </>
      }
      label={`Perplexity over stored bits of ${points.length} runs. Arrow keys read out a run.`}
      height={(width) => layoutTradeOffs(found, width).height}
      draw={draw}
      readout={tradeOffText(found, cursor)}
      caption={`${modelName}: perplexity over stored bits a weight, ${text}, ${protocol}`}
      onPicture={savePicture(`${studio.baseName()}-bits-perplexity`)}
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
