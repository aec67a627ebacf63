import { Fragment } from 'react'
import './banner.css'
import { useStudio, useStudioState } from './studio-context'
import { bannerWords as words } from './words/banner'

/** What concerns the whole page: an engine that stopped, or no GPU at all. */
export function Banner() {
  const engine = useStudioState((state) => state.engine)
  if (engine.status === 'lost') return <Lost message={engine.failure.message} />
  if (engine.status === 'absent') return <NoGpu heading={engine.failure.heading} message={engine.failure.message} />
  return null
}

function Lost({ message }: { message: string }) {
  const studio = useStudio()
  const hasResult = useStudioState((state) => state.result !== null)
  return (
    <div className="banner" role="alert">
      <div>
        <h2>{words.stopped}</h2>
        <p>{message}</p>
        <p className="quiet">
          {words.restartNote}
          {hasResult && ` ${words.lostResult}`}
        </p>
      </div>
      <button type="button" className="primary" onClick={() => void studio.restart()}>
        {words.restart}
      </button>
    </div>
  )
}

function NoGpu({ heading, message }: { heading: string; message: string }) {
  const studio = useStudio()
  return (
    <div className="banner" role="alert">
      <div>
        <h2>{heading}</h2>
        <p>{message}</p>
        <dl className="remedies">
          {words.remedies.map(({ where, what }) => (
            <Fragment key={where}>
              <dt>{where}</dt>
              <dd>
                <Typed text={what} />
              </dd>
            </Fragment>
          ))}
        </dl>
        <p className="quiet">{words.still}</p>
      </div>
      <button type="button" onClick={() => void studio.restart()}>
        {words.again}
      </button>
    </div>
  )
}

/** What is between backquotes is code. */
const Typed = ({ text }: { text: string }) =>
  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text stay where they are
  text.split('`').map((piece, index) => (index % 2 === 1 ? <code key={index}>{piece}</code> : piece))
