import { useState } from 'react'
import { Field, NumberField } from './fields'
import { useStudio, useStudioState } from './studio-context'

/** The same prompt continued greedily by the original and by the quantized model. */
export function Generation() {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy)
  const ready = useStudioState((state) => state.engine.status === 'ready')
  const generation = useStudioState((state) => state.generation)
  const kind = useStudioState((state) => state.model!.inspection.kind)
  const [prompt, setPrompt] = useState('The ship had been at sea for')
  const [tokens, setTokens] = useState(32)
  const fine = Number.isInteger(tokens) && tokens >= 1 && tokens <= 512
  return (
    <section className="stack" aria-label="Side by side">
      <div className="prompt">
        <Field label="Prompt">
          {(wiring) => (
            <input {...wiring} type="text" value={prompt} onChange={(event) => setPrompt(event.target.value)} />
          )}
        </Field>
        <NumberField
          label="New tokens"
          value={tokens}
          min={1}
          max={512}
          step={1}
          problem={fine ? undefined : 'expected 1 to 512'}
          onChange={setTokens}
        />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || !ready || !fine || prompt.length === 0}
            onClick={() => void studio.generate(prompt, tokens)}
          >
            Continue both
          </button>
          {busy === 'generate' && (
            <button type="button" onClick={() => void studio.cancel()}>
              Cancel
            </button>
          )}
        </div>
      </div>
      <div className="pair">
        <Side
          title="Original"
          prompt={generation.prompt}
          text={generation.original}
          absent={kind === 'bitloom' ? 'A packed file has no original.' : 'Nothing yet.'}
        />
        <Side title="Quantized" prompt={generation.prompt} text={generation.quantized} absent="Nothing yet." />
      </div>
    </section>
  )
}

function Side({ title, prompt, text, absent }: { title: string; prompt: string; text: string | null; absent: string }) {
  return (
    <div>
      <h3>{title}</h3>
      {text === null ? (
        <p className="quiet">{absent}</p>
      ) : (
        <p className="generated" data-side={title.toLowerCase()}>
          <mark>{prompt}</mark>
          {text}
        </p>
      )}
    </div>
  )
}
