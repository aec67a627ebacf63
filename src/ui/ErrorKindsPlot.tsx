import { useCallback, useMemo, useState } from 'react'
import { kindOfRole } from '../state/experts'
import type { MappedModule } from '../state/runs'
import { FigureTable, inFull } from './FigureTable'
import { formatError } from './format'
import { drawKinds, type ErrorKinds, errorKinds, kindAt, kindText, layoutKinds } from './maps/error-kinds'
import { MEASURES } from './maps/measure'
import type { OnPicture } from './PictureButtons'
import { Plot } from './Plot'
import { useStudioState } from './studio-context'
import type { Draw } from './use-canvas'
import { KINDS } from './words/distributions'

interface ErrorKindsPlotProps {
  readonly modules: readonly MappedModule[]
  readonly onSelect: (name: string) => void
  readonly onPicture: OnPicture
}

const FORMATS = [inFull, inFull, formatError]

/** Which kinds of modules lose most, over the whole model. */
export function ErrorKindsPlot({ modules, ...props }: ErrorKindsPlotProps) {
  const found = useMemo(() => errorKinds(modules), [modules])
  const hovered = useStudioState((state) => state.hovered)
  const role = useMemo(() => modules.find(({ name }) => name === hovered)?.role, [modules, hovered])
  return found && <Kinds found={found} pointed={role === undefined ? null : kindOfRole(role)} {...props} />
}

function Kinds(props: Omit<ErrorKindsPlotProps, 'modules'> & { found: ErrorKinds; pointed: string | null }) {
  const { found, pointed, onSelect, onPicture } = props
  const { kinds, what } = found
  const [own, setCursor] = useState<number | null>(null)
  const elsewhere = kinds.findIndex(({ kind }) => kind === pointed)
  const cursor = own !== null && own < kinds.length ? own : elsewhere < 0 ? null : elsewhere
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawKinds(ctx, found, layoutKinds(found, width), cursor, theme),
    [found, cursor],
  )
  const title = KINDS.title(MEASURES[what].title)
  return (
    <>
      <Plot
        title={
          <>
            {title} <span className="quiet">{KINDS.about}</span>
          </>
        }
        label={KINDS.label(title, kinds.length)}
        height={(width) => layoutKinds(found, width).height}
        draw={draw}
        readout={kindText(found, cursor)}
        caption={title}
        onPicture={onPicture}
        onPoint={(at) => setCursor(at && kindAt(found, layoutKinds(found, at.width), at.y))}
        onPick={(at) => {
          const kind = kinds[kindAt(found, layoutKinds(found, at.width), at.y) ?? -1]
          if (kind) onSelect(kind.worst)
        }}
        onKey={(key) => {
          const moves: Readonly<Record<string, number>> = {
            ...{ ArrowUp: (cursor ?? kinds.length) - 1, ArrowDown: (cursor ?? -1) + 1, Home: 0, End: kinds.length - 1 },
          }
          const to = moves[key]
          if (to !== undefined) setCursor(Math.min(kinds.length - 1, Math.max(0, to)))
          else if (key === 'Escape') setCursor(null)
          else if ((key === 'Enter' || key === ' ') && cursor !== null) onSelect(kinds[cursor]!.worst)
          else return false
          return true
        }}
      />
      <FigureTable
        label={title}
        head={KINDS.head}
        rows={() =>
          kinds.map(({ kind, modules, low, median, high, worst }) => [...[kind, modules, low, median, high, worst]])
        }
        formats={FORMATS}
        file={`${what}-errors-by-kind`}
      />
    </>
  )
}
