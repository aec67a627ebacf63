import { useMemo } from 'react'
import { modelKey, type PlannedModule } from '../state/modules'
import type { RunRecord } from '../state/runs'
import { ModelMap } from './ModelMap'
import { differenceMeasure } from './maps/measure'
import type { OnPicture } from './PictureButtons'
import { useStudioState } from './studio-context'
import { lookWords } from './words/look'

interface DifferenceMapProps {
  readonly plan: readonly PlannedModule[]
  readonly selected: string | null
  readonly onSelect: (name: string) => void
  readonly onPicture: OnPicture
}

/** Where one of two runs spent more bits than the other; nothing until both are marked in the table of runs. */
export function DifferenceMap(props: DifferenceMapProps) {
  const runs = useStudioState((state) => state.runs)
  const { a, b } = useStudioState((state) => state.compared)
  const model = useStudioState((state) => state.model && modelKey(state.model))
  const of = (run: number | null) => runs.find((record) => record.run === run && record.model === model)
  const [left, right] = [of(a), of(b)]
  if (!left || !right || left === right) return null
  return <DifferenceBetween {...props} a={left} b={right} />
}

type MappedRun = Pick<RunRecord, 'run' | 'label' | 'modules' | 'widths'>

/** The same of two runs that are given. */
export function DifferenceBetween({ a, b, ...props }: DifferenceMapProps & { a: MappedRun; b: MappedRun }) {
  const view = useMemo(() => differenceMeasure(a, b), [a, b])
  return <ModelMap {...props} title={lookWords.difference(a, b)} modules={a.modules} view={view} running={null} />
}
