import type { ArchivedModule } from '../../archived-run'
import type { ReconstructionRecord, TrainingRecord } from '../../records'
import { ReconstructionChart } from '../ReconstructionChart'
import { savePicture } from '../save'
import { TrainingChart } from '../TrainingChart'

type Series = NonNullable<ArchivedModule['training']>

const TRAINING = ['step', 'loss', 'quantization', 'chosen', 'bits', 'entropy', 'temperature'] as const
const RECONSTRUCTION = ['step', 'loss', 'soft', 'flips'] as const

/** Series of one length each, or null: a record may come from anybody. */
function seriesOf<K extends string>(kept: Series, keys: readonly K[]): Record<K, Float32Array<ArrayBuffer>> | null {
  const length = kept.step?.length ?? 0
  if (length === 0 || keys.some((key) => kept[key]?.length !== length)) return null
  return Object.fromEntries(keys.map((key) => [key, Float32Array.from(kept[key]!)])) as never
}

interface LearnedProps {
  readonly modules: readonly ArchivedModule[]
  readonly selected: string | null
  readonly number: number
}

/** How the selected linear, or its block, was learned, as far as the record has it; the first that was where none is selected. */
export function Learned({ modules, selected, number }: LearnedProps) {
  const trained = modules.find(({ name, training }) => training && (selected === null || name === selected))
  const layer = modules.find(({ name }) => name === selected)?.layer
  const fitted = modules.find((one) => one.reconstruction && (layer === undefined || one.layer === layer))
  const training: TrainingRecord | null = trained?.training ? seriesOf(trained.training, TRAINING) : null
  const reconstruction: ReconstructionRecord | null = fitted?.reconstruction
    ? seriesOf(fitted.reconstruction, RECONSTRUCTION)
    : null
  return (
    <>
      {trained && training && (
        <TrainingChart
          key={trained.name}
          name={trained.name}
          training={training}
          steps={training.step.at(-1) ?? 0}
          target={null}
          onPicture={savePicture(`run-${number}-${trained.name}-training`)}
        />
      )}
      {fitted && reconstruction && (
        <ReconstructionChart
          key={fitted.layer}
          layer={fitted.layer}
          reconstruction={reconstruction}
          steps={reconstruction.step.at(-1) ?? 0}
          onPicture={savePicture(`run-${number}-block-${fitted.layer + 1}-reconstruction`)}
        />
      )}
    </>
  )
}
