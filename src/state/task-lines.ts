import type { Share, ZeroShotReport } from '../measurement-records'
import type { Line, MeasurementKey } from './measurements'

/** A task measured: which file, and how many of its items. */
export interface TaskKey extends Omit<MeasurementKey, 'protocol' | 'text' | 'maxTokens'> {
  readonly file: string
  /** Of the file, so that another of the same name is another task. */
  readonly bytes: number
  readonly items: number
}

export type TaskLine = Line<TaskKey, ZeroShotReport>

/** One number of a task on both sides. */
export interface TaskNumber {
  readonly name: 'acc' | 'acc_norm' | 'perplexity'
  readonly before: Share | null
  readonly after: Share | null
  /** after − before; its error is that of the items that changed sides, since both were asked the same ones. */
  readonly difference: Share | null
}

/** What a line has to tell: accuracies, and the perplexity of last words. */
export function numbersOf({ before, after }: TaskLine): TaskNumber[] {
  const known = (after ?? before)!
  const both = (of: (report: ZeroShotReport) => Share) => ({ before: before && of(before), after: after && of(after) })
  const pair = before && after
  const numbers: TaskNumber[] = [
    {
      ...{ name: 'acc', ...both(({ accuracy }) => accuracy) },
      difference: pair && changed(before, after, ({ predictions }) => predictions),
    },
  ]
  if (known.normalized)
    numbers.push({
      ...{ name: 'acc_norm', ...both(({ normalized }) => normalized!) },
      difference: pair && changed(before, after, ({ normalizedPredictions }) => normalizedPredictions!),
    })
  if (known.perplexity !== null) {
    const plain = both(({ perplexity }) => ({ value: perplexity!, error: null }))
    const difference = pair && { value: plain.after!.value - plain.before!.value, error: null }
    numbers.push({ name: 'perplexity', ...plain, difference })
  }
  return numbers
}

/** Mean of the differences of single items (−1, 0 or 1), and its standard error. */
function changed(
  before: ZeroShotReport,
  after: ZeroShotReport,
  of: (report: ZeroShotReport) => readonly number[],
): Share {
  const right = (report: ZeroShotReport) => of(report).map((choice, i) => Number(choice === report.gold[i]))
  const [old, fresh] = [right(before), right(after)]
  const steps = fresh.map((value, i) => value - old[i]!)
  const n = steps.length
  const mean = steps.reduce((sum, step) => sum + step, 0) / n
  const squares = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0)
  return { value: mean, error: n < 2 ? null : Math.sqrt(squares / (n - 1) / n) }
}
