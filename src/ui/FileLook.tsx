import { type ReactNode, useMemo, useState } from 'react'
import type { FileView, TensorFacts } from '../file-records'
import { bitsOf, sharesBy, type TensorModule, type TensorShare, tensorModules } from '../formats/tensor-shares'
import { visible } from '../visible'
import { ChoiceField } from './fields'
import { formatBytes, formatNumber, formatTenths } from './format'
import { MetadataTable } from './MetadataTable'
import { ModelMap } from './ModelMap'
import { viridis } from './maps/colour'
import type { MapView } from './maps/measure'
import { linearScale, niceAbove } from './maps/scale'
import { savePicture } from './save'
import { useStudio } from './studio-context'
import { TensorTable } from './TensorTable'
import { TensorView } from './TensorView'
import './view.css'
import { KIND_WORDS, viewWords } from './words/view'

/** What is in the open files: tensors, where the size goes, metadata. `isAll`: there is nothing else to see, so all of it is open. */
export function FileLook({ view, isAll }: { view: FileView; isAll: boolean }) {
  const [selected, setSelected] = useState<string | null>(null)
  const { tensors, metadata } = view
  const tensor = tensors.find(({ name }) => name === selected)
  return (
    <>
      <TensorTable tensors={tensors} selected={selected} onSelect={setSelected} />
      {tensor && <TensorView key={tensor.name} tensor={tensor} onClose={() => setSelected(null)} />}
      <div className="folds">
        <Fold title={viewWords.shares} open={isAll}>
          <div className="shares">
            <Shares
              title={viewWords.byKind}
              shares={sharesBy(tensors, 'kind')}
              nameOf={(name) => KIND_WORDS[name as TensorFacts['kind']]}
            />
            <Shares title={viewWords.byType} shares={sharesBy(tensors, 'type')} nameOf={(name) => name} />
          </div>
        </Fold>
        <Fold title={viewWords.map} open={isAll}>
          <FileMap tensors={tensors} selected={selected} onSelect={setSelected} />
        </Fold>
        <Fold title={`${viewWords.metadata}, ${viewWords.entries(metadata.length)}`} open={isAll}>
          <MetadataTable entries={metadata} />
        </Fold>
      </div>
    </>
  )
}

/** What is closed is not made: metadata may be long. */
function Fold({ title, open, children }: { title: string; open: boolean; children: ReactNode }) {
  const [shown, setShown] = useState(open)
  return (
    <details className="fold" open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{title}</summary>
      {shown && <div className="fold-body">{children}</div>}
    </details>
  )
}

function Shares(props: { title: string; shares: readonly TensorShare[]; nameOf: (name: string) => string }) {
  const { title, shares, nameOf } = props
  const all = shares.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    <table className="share-table">
      <caption>{title}</caption>
      <tbody>
        {shares.map((share) => {
          const part = all > 0 ? share.bytes / all : 0
          const bits = bitsOf(share)
          return (
            <tr key={share.name}>
              <th scope="row">{nameOf(share.name)}</th>
              <td className="share-bar">
                <span style={{ width: `${100 * part}%` }} />
              </td>
              <td data-align="right">{formatTenths(part)}</td>
              <td data-align="right">{formatBytes(share.bytes)}</td>
              <td data-align="right" className="quiet">
                {bits === null ? viewWords.shareOf(share.tensors) : viewWords.bitsOf(formatNumber(bits, 2))}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

type Colour = 'bits' | 'size'

const told = (module: TensorModule): string =>
  viewWords.module(
    visible(module.name),
    formatNumber(bitsOf(module) ?? 0, 3),
    module.weights,
    formatBytes(module.bytes),
  )

const VIEWS: Readonly<Record<Colour, MapView<TensorModule>>> = {
  bits: {
    ...{ id: 'bits', ...viewWords.colours.bits, ramp: viridis, spread: 'mean', text: told },
    value: (module) => bitsOf(module),
    format: (value) => formatNumber(value, 2),
    tick: String,
    scale: (values) => linearScale(0, niceAbove(Math.max(8, ...values))),
  },
  size: {
    ...{ id: 'size', ...viewWords.colours.size, ramp: viridis, spread: 'mean', text: told },
    value: ({ bytes }) => bytes,
    format: formatBytes,
    tick: formatBytes,
    scale: (values) => linearScale(0, niceAbove(Math.max(1, ...values))),
  },
}

function FileMap(props: {
  tensors: readonly TensorFacts[]
  selected: string | null
  onSelect: (name: string) => void
}) {
  const { tensors, selected, onSelect } = props
  const studio = useStudio()
  const [colour, setColour] = useState<Colour>('bits')
  const modules = useMemo(() => tensorModules(tensors), [tensors])
  if (modules.length === 0) return <p className="quiet">{viewWords.noMap}</p>
  return (
    <div className="stack">
      <div className="tensor-lane">
        <ChoiceField<Colour>
          label={viewWords.mapBy}
          value={colour}
          choices={[
            { value: 'bits', label: VIEWS.bits.title },
            { value: 'size', label: VIEWS.size.title },
          ]}
          onChange={setColour}
        />
      </div>
      <ModelMap
        title={viewWords.map}
        plan={[]}
        modules={modules}
        view={VIEWS[colour]}
        selected={selected}
        running={null}
        onSelect={onSelect}
        onPicture={savePicture(`${studio.baseName()}-file-map-${colour}`)}
      />
    </div>
  )
}
