import { useState } from 'react'
import type { Continuation } from '../state/store'
import type { GenerationOptions, GenerationReport } from '../workers/api'
import { CheckField, ChoiceField, Field, NumberField, WordField } from './fields'
import { formatBytes } from './format'
import { useStudio, useStudioState } from './studio-context'

/** The limits of the numbers, and what is said where one is outside. */
const NUMBERS = [
  { key: 'maxNewTokens', label: 'New tokens', min: 1, max: 512, step: 1, start: 32 },
  { key: 'temperature', label: 'Temperature', min: 0, max: 5, step: 0.1, start: 0 },
  { key: 'topK', label: 'Top k', min: 0, max: 1000, step: 1, start: 0 },
  { key: 'topP', label: 'Top p', min: 0, max: 1, step: 0.05, start: 1 },
  { key: 'seed', label: 'Seed', min: 0, max: 4294967295, step: 1, start: 0 },
] as const
const CACHES = (['f32', 'f16'] as const).map((value) => ({ value, label: value }))

type Numbers = Record<(typeof NUMBERS)[number]['key'], number>

const starts = Object.fromEntries(NUMBERS.map(({ key, start }) => [key, start])) as Numbers

const problemOf = (value: number, { min, max, step }: (typeof NUMBERS)[number]): string | undefined =>
  value >= min && value <= max && (step !== 1 || Number.isInteger(value)) ? undefined : `expected ${min} to ${max}`

/** The same prompt continued, or message answered, by the original and by the quantized model, with the same draws. */
export function Generation() {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy)
  const ready = useStudioState((state) => state.engine.status === 'ready')
  const generation = useStudioState((state) => state.generation)
  const { bits, chat: talks } = useStudioState((state) => state.model!.inspection)
  const [prompt, setPrompt] = useState('The ship had been at sea for')
  const [wantsChat, setChat] = useState(false)
  const [system, setSystem] = useState('')
  const [kv, setKv] = useState<GenerationOptions['kv']>('f32')
  const [numbers, setNumbers] = useState(starts)
  const chat = talks && wantsChat
  const fine = NUMBERS.every((number) => problemOf(numbers[number.key], number) === undefined)
  const { maxNewTokens, temperature, topK, topP, seed } = numbers
  const options = {
    ...{ maxNewTokens, sampling: { temperature, topK, topP }, seed, kv },
    chat: chat ? { system: system || undefined } : undefined,
  }
  // an answer begins a line of its own
  const said = generation.chat ? `${generation.prompt}\n` : generation.prompt
  const given = generation.original?.report ?? generation.quantized?.report
  return (
    <section className="stack" aria-label="Side by side">
      {talks && (
        <div className="talk">
          <CheckField label="Chat" value={wantsChat} onChange={setChat} />
          {chat && (
            <WordField
              label="System"
              value={system}
              placeholder="what the model is told before the message; nothing"
              onChange={setSystem}
            />
          )}
        </div>
      )}
      <div className="prompt">
        <Field label={chat ? 'Message' : 'Prompt'}>
          {(wiring) => (
            <input {...wiring} type="text" value={prompt} onChange={(event) => setPrompt(event.target.value)} />
          )}
        </Field>
        {NUMBERS.map((number) => (
          <NumberField
            key={number.key}
            label={number.label}
            value={numbers[number.key]}
            min={number.min}
            max={number.max}
            step={number.step}
            // without a temperature nothing is drawn
            disabled={temperature === 0 && number.key !== 'temperature' && number.key !== 'maxNewTokens'}
            problem={problemOf(numbers[number.key], number)}
            onChange={(value) => setNumbers((before) => ({ ...before, [number.key]: value }))}
          />
        ))}
        <ChoiceField label="KV cache" value={kv} choices={CACHES} onChange={setKv} />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || !ready || !fine}
            onClick={() => void studio.generate(prompt, options)}
          >
            {chat ? 'Ask both' : 'Continue both'}
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
          prompt={said}
          continuation={generation.original}
          absent={bits ? 'A quantized model has no original.' : 'Nothing yet.'}
        />
        <Side title="Quantized" prompt={said} continuation={generation.quantized} absent="Nothing yet." />
      </div>
      {generation.chat && given && (
        <details>
          <summary>What the models read</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard */}
          <section className="given" aria-label="What the models read" tabIndex={0}>
            {given.prompt}
          </section>
        </details>
      )}
    </section>
  )
}

interface SideProps {
  readonly title: string
  readonly prompt: string
  readonly continuation: Continuation | null
  readonly absent: string
}

function Side({ title, prompt, continuation, absent }: SideProps) {
  const report = continuation?.report
  return (
    <div>
      <h3>{title}</h3>
      {continuation === null ? (
        <p className="quiet">{absent}</p>
      ) : (
        <p className="generated" data-side={title.toLowerCase()}>
          <mark>{prompt}</mark>
          {continuation.text}
        </p>
      )}
      {report && (
        <dl className="speed" aria-label={`Speed of the ${title.toLowerCase()}`}>
          {speedOf(report).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}

const speedOf = ({ compileMs, timeToFirstTokenMs, tokensPerSecond, memoryBytes }: GenerationReport) =>
  [
    ['Compiled in', `${compileMs.toFixed(0)} ms`],
    ['First token', timeToFirstTokenMs === null ? '—' : `${timeToFirstTokenMs.toFixed(0)} ms`],
    ['Then', tokensPerSecond === null ? '—' : `${tokensPerSecond.toFixed(1)} tokens/s`],
    ['GPU memory', formatBytes(memoryBytes)],
  ] as const
