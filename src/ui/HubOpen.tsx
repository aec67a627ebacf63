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
        label="From the Hugging Face Hub"
        value={address}
        placeholder="org/name, org/name@revision or a huggingface.co address"
        disabled={looking}
        onChange={studio.draftAddress}
      />
      <button type="submit" disabled={looking || !address.trim()}>
        {looking ? 'Looking up …' : 'Look up'}
      </button>
      <details>
        <summary>Token</summary>
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
    <section className="hub-offer" aria-label={`${offer.repo} on the Hub`} aria-live="polite">
      <div className="hub-head">
        <h3>
          {addressText(offer)} <span className="quiet mono">{offer.commit.slice(0, 10)}</span>
        </h3>
        <p className="quiet small">
          {preview && <Facts preview={preview} />}
          {describing && 'Reading its header …'}
        </p>
      </div>
      {(problem ?? preview?.forecast?.problems[0]) && (
        <p className="field-problem">{problem ?? preview?.forecast?.problems[0]}</p>
      )}
      {offer.choices.length > 1 && (
        <ChoiceField
          label="What to fetch"
          drops
          value={choice.id}
          choices={offer.choices.map((one) => ({ value: one.id, label: labelOf(one, offer.choices) }))}
          onChange={(next) => void studio.chooseOffered(next)}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="hub-files" aria-label="Files of the repository" tabIndex={0}>
        <table>
          <tbody>
            {files.map(({ path, size, whyNot }) => (
              <tr key={path} data-fetched={wanted.has(path)}>
                <th scope="row">{path}</th>
                <td>{formatBytes(size)}</td>
                <td>{wanted.has(path) ? 'will be fetched' : others.has(path) ? 'another choice' : whyNot}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div className="row">
        <button type="button" className={problem ? '' : 'primary'} onClick={() => void studio.fetchOffered()}>
          Download {formatBytes(choice.bytes)}
        </button>
        <span className="quiet small">
          {choice.paths.length} of {offer.files.length} files, kept in this browser and checked by their hashes.
        </span>
      </div>
    </section>
  )
}

/** What the headers say. */
function Facts({ preview: { architecture, parameters, context, types, bits, forecast } }: { preview: Preview }) {
  if (parameters === 0) return 'A packed Bitloom file.'
  const shares = types.filter(({ share }) => share >= 0.005).slice(0, 4)
  const stored = shares.map(({ type, share }) => (shares.length > 1 ? `${type} ${Math.round(100 * share)} %` : type))
  return [
    `${architecture}, ${formatCount(parameters)} parameters, context ${formatCount(context)}.`,
    `${stored.join(', ')}, ${bits.toFixed(2)} bits a weight.`,
    forecast && `About ${formatBytes(forecast.peak)} of GPU memory to quantize.`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** By its type where that tells it from the others, else by its path. */
function labelOf({ id, type, bytes, paths }: HubChoice, choices: readonly HubChoice[]): string {
  const isAlone = choices.filter((other) => other.type === type).length === 1
  const name = id === '' ? 'Checkpoint' : type !== null && isAlone ? type : id
  const parts = id !== '' && paths.length > 1 && id.endsWith('.gguf') ? `, ${paths.length} parts` : ''
  return `${name} (${formatBytes(bytes)}${parts})`
}

function FetchLine() {
  const studio = useStudio()
  const fetching = useStudioState((state) => state.hub.fetching)!
  const { address, file, done, total, bytesPerSecond, secondsLeft, notes, stopping } = fetching
  const speed = bytesPerSecond === null ? '' : `, ${formatBytes(bytesPerSecond)}/s`
  const left = secondsLeft === null ? '' : `, ${roughly(secondsLeft)} left`
  return (
    <section className="stack" aria-label="Download">
      <ProgressLine
        label={`${address} ${file}`}
        detail={total > 0 ? `${formatBytes(done)} of ${formatBytes(total)}${speed}${left}` : 'asking the Hub'}
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
          Pause download
        </button>
        <button type="button" disabled={stopping} onClick={() => void studio.cancelFetch()}>
          Cancel download
        </button>
      </div>
    </section>
  )
}
