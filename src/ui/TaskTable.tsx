import type { Share } from '../measurement-records'
import { numbersOf, type TaskLine, type TaskNumber } from '../state/task-lines'
import { formatDuration, formatInteger } from './format'
import { useStudioState } from './studio-context'
import { measureWords } from './words/measure'
import { tasksWords as words } from './words/tasks'
import './table.css'

const COLUMNS = [
  { key: 'model', width: '8%' },
  { key: 'recipe', width: '11%' },
  { key: 'task', width: '13%' },
  { key: 'items', width: '5%', right: true },
  { key: 'number', width: '10%' },
  { key: 'before', width: '12%', right: true },
  { key: 'after', width: '12%', right: true },
  { key: 'difference', width: '12%', right: true },
  { key: 'codes', width: '11%' },
  { key: 'time', width: '6%', right: true },
] as const

/** The tasks scored in this session, newest last, a row a number; accuracies in percent with their standard errors. */
export function TaskTable() {
  const lines = useStudioState((state) => state.taskLines)
  if (lines.length === 0) return null
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-area numbers" aria-label={words.table} tabIndex={0}>
        <table>
          <colgroup>
            {COLUMNS.map(({ key, width }) => (
              <col key={key} style={{ width }} />
            ))}
          </colgroup>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th key={column.key} scope="col" data-align={'right' in column ? 'right' : undefined}>
                  {words.columns[column.key]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.flatMap((line) =>
              numbersOf(line).map((number, index) => (
                <Row
                  key={`${line.model} ${line.run} ${line.file} ${line.bytes} ${line.items} ${number.name}`}
                  line={line}
                  number={number}
                  first={index === 0}
                />
              )),
            )}
          </tbody>
        </table>
      </section>
      <p className="quiet small">{words.errors}</p>
    </>
  )
}

/** What belongs to the task as a whole is said in its first row only. */
function Row({ line, number, first }: { line: TaskLine; number: TaskNumber; first: boolean }) {
  const { before, after } = line
  const { task } = (after ?? before)!
  const percent = number.name !== 'perplexity'
  const seconds = (before?.seconds ?? 0) + (after?.seconds ?? 0)
  return (
    <tr>
      <td>{first && line.model.replace(/#\d+$/, '')}</td>
      <td title={line.recipe}>{first && line.recipe}</td>
      <td title={line.file}>{task}</td>
      <td data-align="right">{formatInteger(line.items)}</td>
      <td>{percent ? words.inPercent(number.name) : number.name}</td>
      <td data-align="right">{written(number.before, percent)}</td>
      <td data-align="right" className="strong">
        {written(number.after, percent)}
      </td>
      <td data-align="right">{number.difference && signed(number.difference, percent)}</td>
      <td>{first && after && measureWords.codes(after.stored)}</td>
      <td data-align="right">{first && formatDuration(seconds)}</td>
    </tr>
  )
}

function written(share: Share | null, percent: boolean): string {
  if (!share) return words.none
  const scale = percent ? 100 : 1
  const value = (scale * share.value).toFixed(2)
  return share.error === null ? value : `${value} ± ${(scale * share.error).toFixed(2)}`
}

const signed = (share: Share, percent: boolean): string =>
  `${share.value > 0 ? '+' : ''}${written(share, percent)}`.replace('-', '−')
