import { roughly } from '../duration'
import type { Preview } from '../pipeline/preview'
import { addressText } from '../state/hub'
import type { HubChoice, HubOffer } from '../workers/hub-api'
import { ChoiceField, WordField } from './fields'
import { formatBytes, formatCount } from './format'
import { HubKept } from './HubKept'
import { HubToken } from './HubToken'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import './hub.css'
import { hubWords as words } from './words/hub'

/** Models of the Hugging Face Hub: looked up, downloaded, kept. Nothing is asked of it before a button is pressed. */
export function HubOpen() {
  const keeps = useStudioState((state) => state.hub.cached.length > 0 || state.hub.bytes > 0)
  const offer = useStudioState((state) => state.hub.offer)
  const fetching = useStudioState((state) => state.hub.fetching)
  return (
    <div className="hub">
      <LookUp />
      {offer && !fetching && <Offer offer={offer} />}
      {fetching && <FetchLine />}
      {keeps && <HubKept />}
    </div>
  )
}

function LookUp() {
  const studio = useStudio()
  const address = useStudioState((state) => state.hub.address)
  const looking = useStudioState((state) => state.hub.looking)
  return (
    <form
      className="hub-look"
      onSubmit={(event) => {
        event.preventDefault()
        if (address.trim()) void studio.lookUp(address)
      }}
    >
      <WordField
        label={words.from}
        value={address}
        placeholder={words.placeholder}
        disabled={looking}
        onChange={studio.draftAddress}
      />
      <button type="submit" disabled={looking || !address.trim()}>
        {looking ? words.looking : words.lookUp}
      </button>
      <details>
        <summary>{words.token}</summary>
        <HubToken purpose="read" />
      </details>
    </form>
  )
}

function Offer({ offer }: { offer: HubOffer }) {
  const studio = useStudio()
  const id = useStudioState((state) => state.hub.choice)
  const choice = offer.choices.find((candidate) => candidate.id === id) ?? offer.choices[0]!
  const describing = useStudioState((state) => state.hub.describing) === choice.id
  const { preview, problem } = choice
  const wanted = new Set(choice.paths)
  const others = new Set(offer.choices.flatMap(({ paths }) => paths))
  // what is fetched comes first
  const files = [...offer.files].sort((a, b) => Number(wanted.has(b.path)) - Number(wanted.has(a.path)))
  return (
    <section className="hub-offer" aria-label={words.offer(offer.repo)} aria-live="polite">
      <div className="hub-head">
        <h3>
          {addressText(offer)} <span className="quiet mono">{offer.commit.slice(0, 10)}</span>
        </h3>
        <p className="quiet small">
          {preview && <Facts preview={preview} />}
          {describing && words.reading}
        </p>
      </div>
      {(problem ?? preview?.forecast?.problems[0]) && (
        <p className="field-problem">{problem ?? preview?.forecast?.problems[0]}</p>
      )}
      {offer.choices.length > 1 && (
        <ChoiceField
          label={words.whatToFetch}
          drops
          value={choice.id}
          choices={offer.choices.map((one) => ({ value: one.id, label: labelOf(one, offer.choices) }))}
          onChange={(next) => void studio.chooseOffered(next)}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="hub-files" aria-label={words.files} tabIndex={0}>
        <table>
          <tbody>
            {files.map(({ path, size, whyNot }) => (
              <tr key={path} data-fetched={wanted.has(path)}>
                <th scope="row">{path}</th>
                <td>{formatBytes(size)}</td>
                <td>{wanted.has(path) ? words.fetched : others.has(path) ? words.otherChoice : whyNot}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div className="row">
        <button type="button" className={problem ? '' : 'primary'} onClick={() => void studio.fetchOffered()}>
          {words.download(formatBytes(choice.bytes))}
        </button>
        <span className="quiet small">{words.downloadNote(choice.paths.length, offer.files.length)}</span>
      </div>
    </section>
  )
}

/** What the headers say. */
function Facts({ preview: { architecture, parameters, context, types, bits, forecast } }: { preview: Preview }) {
  if (parameters === 0) return words.packed
  const shares = types.filter(({ share }) => share >= 0.005).slice(0, 4)
  const stored = shares.map(({ type, share }) =>
    shares.length > 1 ? words.share(type, Math.round(100 * share)) : type,
  )
  return [
    words.facts(architecture, formatCount(parameters), formatCount(context)),
    words.stored(stored.join(', '), bits.toFixed(2)),
    forecast && words.memory(formatBytes(forecast.peak)),
  ]
    .filter(Boolean)
    .join(' ')
}

/** By its type where that tells it from the others, else by its path. */
function labelOf({ id, type, bytes, paths }: HubChoice, choices: readonly HubChoice[]): string {
  const isAlone = choices.filter((other) => other.type === type).length === 1
  const name = id === '' ? words.checkpoint : type !== null && isAlone ? type : id
  const parts = id !== '' && paths.length > 1 && id.endsWith('.gguf') ? words.parts(paths.length) : ''
  return `${name} (${formatBytes(bytes)}${parts})`
}

function FetchLine() {
  const studio = useStudio()
  const fetching = useStudioState((state) => state.hub.fetching)!
  const { address, file, done, total, bytesPerSecond, secondsLeft, notes, stopping } = fetching
  const speed = bytesPerSecond === null ? '' : words.speed(formatBytes(bytesPerSecond))
  const left = secondsLeft === null ? '' : words.left(roughly(secondsLeft))
  return (
    <section className="stack" aria-label={words.downloading}>
      <ProgressLine
        label={`${address} ${file}`}
        detail={total > 0 ? `${words.progress(formatBytes(done), formatBytes(total))}${speed}${left}` : words.asking}
        share={total > 0 ? done / total : null}
      />
      {notes.length > 0 && (
        <ul className="quiet small">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className="row">
        <button type="button" disabled={stopping} onClick={() => void studio.pauseFetch()}>
          {words.pause}
        </button>
        <button type="button" disabled={stopping} onClick={() => void studio.cancelFetch()}>
          {words.cancel}
        </button>
      </div>
    </section>
  )
}
