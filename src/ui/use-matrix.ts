import { useEffect, useMemo, useRef, useState } from 'react'
import { type Bins, binOf, binRange, binsFor, type Span } from '../pipeline/matrix/bins'
import type { Places, Reduction } from '../pipeline/matrix/reduce'
import type { Quantity } from '../pipeline/matrix/sources'
import {
  type ImageRequest,
  type MatrixCells,
  type MatrixImage,
  MOST_CELLS,
  type RowRecord,
} from '../workers/matrix-api'
import { cellText, type ShownCells, tellingCell } from './maps/matrix-cells'
import { useStudio, useStudioState } from './studio-context'
import { WORDS } from './words/matrix'

/** Whether the weights of the result can be asked for now, and which result they are of. */
export function useWeightsAt(): { free: boolean; run: number | undefined } {
  const free = useStudioState((state) => state.busy === null && state.result?.alive === true)
  return { free, run: useStudioState((state) => state.result?.run) }
}

/** Answers to the latest question only: one is asked at a time, and what was asked meanwhile but the last is left out. */
function useLatest<Question, Answer>(
  ask: (question: Question) => Promise<Answer | null>,
  question: Question | null,
  onAnswer: (answer: Answer, question: Question) => void,
): boolean {
  const wanted = useRef<Question | null>(null)
  const asking = useRef(false)
  const [waiting, setWaiting] = useState(false)
  const handlers = useRef({ ask, onAnswer })
  handlers.current = { ask, onAnswer }
  useEffect(() => {
    wanted.current = question
    if (question === null || asking.current) return
    const work = async () => {
      asking.current = true
      setWaiting(true)
      while (wanted.current !== null) {
        const next: Question = wanted.current
        const answer = await handlers.current.ask(next)
        if (answer !== null) handlers.current.onAnswer(answer, next)
        if (wanted.current === next) wanted.current = null
      }
      asking.current = false
      setWaiting(false)
    }
    void work()
  }, [question])
  // what nobody looks at any more is not asked for
  useEffect(() => () => void (wanted.current = null), [])
  return waiting
}

export interface Shown {
  readonly module: string
  readonly rows: { readonly places: Places; readonly span: Span }
  readonly columns: { readonly places: Places; readonly span: Span }
}

/** Part of a window that is read beyond either end, so that a pan finds something. */
const MARGIN = 0.125

const widened = ({ start, end }: Span, total: number): Span => {
  const more = (end - start) * MARGIN
  return { start: Math.max(0, start - more), end: Math.min(total, end + more) }
}

const binsOf = (span: Span, pixels: number, total: number): Bins => {
  const wide = widened(span, total)
  return binsFor(wide, (pixels * (wide.end - wide.start)) / (span.end - span.start), total)
}

/** Pixels of the screen in one of the page: finer pictures than twice are not seen. */
const ratio = () => Math.min(2, window.devicePixelRatio || 1)

interface Pictures {
  readonly images: ReadonlyMap<Quantity, MatrixImage>
  readonly waiting: boolean
  /** Whatever can be shown now is there, to its last weight. */
  readonly settled: boolean
}

const NONE: ReadonlyMap<Quantity, MatrixImage> = new Map()

/** Pictures of what is shown, one a quantity; each stays until the next of it is there. `key` changes with the weights. */
export function useImages(
  shown: Shown,
  quantities: readonly Quantity[],
  reduction: Reduction,
  size: { readonly width: number; readonly height: number },
  key: string,
): Pictures {
  const studio = useStudio()
  const { free } = useWeightsAt()
  const [images, setImages] = useState<{ key: string; of: ReadonlyMap<Quantity, MatrixImage> } | null>(null)
  const { module, rows, columns } = shown
  const { width, height } = size
  const possible = free && quantities.length > 0 && width > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what the same request would answer anew
  const question = useMemo(() => {
    if (!possible) return null
    const across = { places: columns.places, bins: binsOf(columns.span, width * ratio(), columns.places.length) }
    const down = { places: rows.places, bins: binsOf(rows.span, height * ratio(), rows.places.length) }
    return quantities.map(
      (quantity): ImageRequest => ({ module, quantity, reduction, rows: down, columns: across, hurry: true }),
    )
  }, [module, rows, columns, quantities, reduction, width, height, possible, key])
  const ask = async (requests: readonly ImageRequest[]) => {
    const answers = new Map<Quantity, MatrixImage>()
    const take = async (request: ImageRequest) => {
      const image = await studio.matrixImage(request)
      if (image) answers.set(image.quantity, image)
    }
    for (const request of requests) await take(request)
    const sketched = requests.filter(({ quantity }) => answers.get(quantity)?.sketch)
    if (sketched.length > 0) setImages({ key, of: new Map(answers) })
    for (const request of sketched) await take({ ...request, hurry: false })
    return answers
  }
  const waiting = useLatest(ask, question, (answers) => setImages({ key, of: answers }))
  const known = images?.key === key ? images.of : null
  return { images: known ?? NONE, waiting, settled: !possible || (known !== null && !waiting) }
}

/** Cells of these places; the last answer stays until the next. */
export function useCells(
  shown: Shown,
  rows: Span | null,
  columns: Span | null,
  key: string,
): (ShownCells & { readonly of: { readonly rows: Span; readonly columns: Span } }) | null {
  const studio = useStudio()
  const { free } = useWeightsAt()
  const [answer, setAnswer] = useState<{ key: string; cells: MatrixCells; rows: Span; columns: Span } | null>(null)
  const { module } = shown
  const [top, bottom] = [rows?.start ?? 0, rows?.end ?? 0]
  const [left, right] = [columns?.start ?? 0, columns?.end ?? 0]
  const [rowPlaces, columnPlaces] = [shown.rows.places, shown.columns.places]
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what the same request would answer anew
  const question = useMemo(() => {
    const [down, across] = [bottom - top, right - left]
    if (!free || down <= 0 || across <= 0 || down * across > MOST_CELLS) return null
    const at: readonly [Span, Span] = [
      { start: top, end: bottom },
      { start: left, end: right },
    ]
    return { module, rows: rowPlaces.slice(top, bottom), columns: columnPlaces.slice(left, right), at }
  }, [module, rowPlaces, columnPlaces, top, bottom, left, right, free, key])
  useLatest(
    (wish) => studio.matrixCells(wish.module, wish.rows, wish.columns),
    question,
    (cells, { at }) => setAnswer({ key, cells, rows: at[0], columns: at[1] }),
  )
  if (answer?.key !== key || !rows || !columns) return null
  const of = { rows: answer.rows, columns: answer.columns }
  return { cells: answer.cells, firstRow: answer.rows.start, firstColumn: answer.columns.start, of }
}

/** The weight under a cursor on a strip: of all that its pixel stands for, the one that gave it its colour. */
export function useUnder(
  shown: Shown,
  cursor: { readonly column: number; readonly row: number | null; readonly strip: number } | null,
  images: ReadonlyMap<Quantity, MatrixImage>,
  quantities: readonly Quantity[],
  key: string,
): string | null {
  const quantity = quantities[cursor?.strip ?? 0]
  const image = quantity && images.get(quantity)
  const around = (bins: Bins | undefined, place: number): Span => {
    const bin = bins ? binOf(bins, place) : -1
    if (!bins || bin < 0 || bin >= bins.count) return { start: place, end: place + 1 }
    const [start, end] = binRange(bins, bin)
    return { start, end: Math.min(end, start + MOST_BIN) }
  }
  const row = cursor?.row ?? null
  const rows = cursor && row !== null ? around(image?.rows, row) : null
  const columns = cursor && row !== null ? around(image?.columns, cursor.column) : null
  const found = useCells(shown, rows, columns, key)
  if (!found || !rows || !columns || !quantity) return null
  const { cells, of } = found
  // the answer is still of where the cursor was
  if (of.rows.start !== rows.start || of.columns.start !== columns.start) return null
  const text = cellText(cells, tellingCell(cells, quantity))
  return cells.weight.length > 1 ? `${text} — ${WORDS.ofBin(cells.weight.length)}` : text
}

/** Rows, or columns, of a bin that are looked at for the readout. */
const MOST_BIN = 128

/** What is told of a matrix, once it is wanted. */
function useTold<Told>(
  ask: (module: string) => Promise<Told | null>,
  module: string,
  wanted: boolean,
  key: string,
): Told | null {
  const { free } = useWeightsAt()
  const [answer, setAnswer] = useState<{ key: string; told: Told } | null>(null)
  useEffect(() => {
    if (!wanted || !free) return
    let current = true
    void ask(module).then((told) => current && told && setAnswer({ key, told }))
    return () => {
      current = false
    }
  }, [ask, module, wanted, free, key])
  return answer?.key === key ? answer.told : null
}

/** Norm and error of every row. */
export const useRowRecord = (module: string, wanted: boolean, key: string): RowRecord | null =>
  useTold(useStudio().matrixRows, module, wanted, key)

/** The original column at every stored place. */
export const useStored = (module: string, wanted: boolean, key: string): Places | null =>
  useTold(useStudio().matrixStored, module, wanted, key)
