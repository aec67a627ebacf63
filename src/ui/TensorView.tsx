import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { MatrixWindow, TensorFacts, TensorLane, TensorPicture } from '../file-records'
import { type Failure, failureFrom, isCancelled } from '../state/failure'
import { visible } from '../visible'
import { FailureNote } from './FailureNote'
import { ChoiceField } from './fields'
import { formatBytes, formatShape } from './format'
import { cellsFor } from './maps/tensor-map'
import { ProgressLine } from './ProgressLine'
import { useStudio } from './studio-context'
import { TensorHeatmap } from './TensorHeatmap'
import { TensorNumbers } from './TensorNumbers'
import { LANE_WORDS, tensorWords } from './words/view'

/** Pixels that the picture is asked for until its place is known. */
const FIRST_WIDTH = 640

/** One tensor of the open files: as a heatmap, in numbers, as a histogram. */
export function TensorView({ tensor, onClose }: { tensor: TensorFacts; onClose: () => void }) {
  const { name } = tensor
  const [lane, setLane] = useState<TensorLane>('peak')
  const [window, setWindow] = useState<MatrixWindow | null>(null)
  const [whole, setWhole] = useState(false)
  const [width, setWidth] = useState(FIRST_WIDTH)
  const { picture, blank, failure, share } = usePicture(name, lane, window, whole, width)
  const studio = useStudio()
  const shown = visible(name)
  const lanes = picture?.lanes ?? [lane]
  const choices = useMemo(() => lanes.map((value) => ({ value, label: LANE_WORDS[value].title })), [lanes])
  return (
    <section className="tensor-view stack" aria-label={`${tensorWords.heading}: ${shown}`}>
      <div className="tensor-head">
        <h3>
          <code>{shown}</code>{' '}
          <span className="quiet">
            {tensor.type}, {formatShape(tensor.shape)}, {formatBytes(tensor.bytes)}
            {picture?.block && `; ${tensorWords.block(picture.block)}`}
          </span>
        </h3>
        <button type="button" className="plain" onClick={onClose}>
          {tensorWords.close}
        </button>
      </div>
      {failure && <FailureNote failure={failure} />}
      {blank && (
        <p className="quiet" role="status">
          {tensor.shape.includes(0) ? tensorWords.empty : tensorWords.unknownType(tensor.type)}
        </p>
      )}
      {picture && (
        <>
          <div className="tensor-lane">
            <ChoiceField<TensorLane>
              drops
              label={tensorWords.colour}
              value={picture.lanes.includes(lane) ? lane : picture.lane}
              choices={choices}
              onChange={setLane}
            />
          </div>
          <TensorHeatmap name={name} picture={picture} onWindow={setWindow} onWidth={setWidth} />
        </>
      )}
      {share !== null && (
        <div className="row">
          <ProgressLine label={tensorWords.reading(share)} detail="" share={share} />
          <button type="button" className="plain" onClick={studio.stopPicture}>
            {tensorWords.cancel}
          </button>
        </div>
      )}
      {picture && <TensorNumbers name={name} picture={picture} onReadAll={whole ? null : () => setWhole(true)} />}
    </section>
  )
}

/** How long nothing is said of a picture being made, in milliseconds: most are there before. */
const QUIET_MS = 250

/** The picture that was asked for last; the one before stays until it is there. `blank`: there is none to be made. */
function usePicture(name: string, lane: TensorLane, window: MatrixWindow | null, whole: boolean, width: number) {
  const studio = useStudio()
  const { across, down } = cellsFor(width)
  const [picture, setPicture] = useState<TensorPicture | null>(null)
  const [blank, setBlank] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [share, setShare] = useState<number | null>(null)
  const told = useRef(0)
  const ask = useCallback(() => {
    let wanted = true
    const since = Date.now()
    told.current = since
    const onProgress = (read: number, of: number) => {
      if (!wanted || Date.now() - since < QUIET_MS || Date.now() - told.current < QUIET_MS) return
      told.current = Date.now()
      setShare(read / of)
    }
    const settle = (found: TensorPicture | null, error: unknown) => {
      if (!wanted) return
      setShare(null)
      if (found) setPicture(found)
      setBlank(found === null && error === null)
      if (!isCancelled(error)) setFailure(error === null ? null : failureFrom(error))
    }
    studio
      .picture({ name, lane, window, across, down, whole }, onProgress)
      .then((found) => settle(found, null))
      .catch((error: unknown) => settle(null, error))
    return () => {
      wanted = false
    }
  }, [studio, name, lane, window, across, down, whole])
  useEffect(ask, [ask])
  return { picture, blank, failure, share }
}
