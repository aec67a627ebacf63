import { useState } from 'react'
import type { Continuation } from '../state/store'
import type { GenerationOptions, GenerationReport } from '../workers/api'
import { CheckField, ChoiceField, Field, NumberField, WordField } from './fields'
import { formatBytes } from './format'
import { useStudio, useStudioState } from './studio-context'
import { generationWords as words } from './words/generation'

/** The limits of the numbers, and what is said where one is outside. */
const NUMBERS = [
  { key: 'maxNewTokens', min: 1, max: 512, step: 1, start: 32 },
  { key: 'temperature', min: 0, max: 5, step: 0.1, start: 0 },
  { key: 'topK', min: 0, max: 1000, step: 1, start: 0 },
  { key: 'topP', min: 0, max: 1, step: 0.05, start: 1 },
  { key: 'seed', min: 0, max: 4294967295, step: 1, start: 0 },
] as const
const CACHES = (['f32', 'f16'] as const).map((value) => ({ value, label: value }))

type Numbers = Record<(typeof NUMBERS)[number]['key'], number>

const starts = Object.fromEntries(NUMBERS.map(({ key, start }) => [key, start])) as Numbers

const problemOf = (value: number, { min, max, step }: (typeof NUMBERS)[number]): string | undefined =>
  value >= min && value <= max && (step !== 1 || Number.isInteger(value)) ? undefined : words.expected(min, max)

/** The same prompt continued, or message answered, by the original and by the quantized model, with the same draws. */
export function Generation() {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy)
  const ready = useStudioState((state) => state.engine.status === 'ready')
  const generation = useStudioState((state) => state.generation)
  const { bits, chat: talks } = useStudioState((state) => state.model!.inspection)
  const [prompt, setPrompt] = useState(words.start)
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
    <section className="stack" aria-label={words.label}>
      {talks && (
        <div className="talk">
          <CheckField label={words.chat} value={wantsChat} onChange={setChat} />
          {chat && (
            <WordField label={words.system} value={system} placeholder={words.systemHint} onChange={setSystem} />
          )}
        </div>
      )}
      <div className="prompt">
        <Field label={chat ? words.message : words.prompt}>
          {(wiring) => (
            <input {...wiring} type="text" value={prompt} onChange={(event) => setPrompt(event.target.value)} />
          )}
        </Field>
        {NUMBERS.map((number) => (
          <NumberField
            key={number.key}
            label={words.numbers[number.key]}
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
        <ChoiceField label={words.cache} value={kv} choices={CACHES} onChange={setKv} />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || !ready || !fine}
            onClick={() => void studio.generate(prompt, options)}
          >
            {chat ? words.ask : words.continue}
          </button>
          {busy === 'generate' && (
            <button type="button" onClick={() => void studio.cancel()}>
              {words.cancel}
            </button>
          )}
        </div>
      </div>
      <div className="pair">
        <Side
          side="original"
          prompt={said}
          continuation={generation.original}
          absent={bits ? words.noOriginal : words.nothing}
        />
        <Side side="quantized" prompt={said} continuation={generation.quantized} absent={words.nothing} />
      </div>
      {generation.chat && given && (
        <details>
          <summary>{words.given}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard */}
          <section className="given" aria-label={words.given} tabIndex={0}>
            {given.prompt}
          </section>
        </details>
      )}
    </section>
  )
}

interface SideProps {
  readonly side: 'original' | 'quantized'
  readonly prompt: string
  readonly continuation: Continuation | null
  readonly absent: string
}

function Side({ side, prompt, continuation, absent }: SideProps) {
  const report = continuation?.report
  return (
    <div>
      <h3>{words.sides[side].title}</h3>
      {continuation === null ? (
        <p className="quiet">{absent}</p>
      ) : (
        <p className="generated" data-side={side}>
          <mark>{prompt}</mark>
          {continuation.text}
        </p>
      )}
      {report && (
        <dl className="speed" aria-label={words.sides[side].speed}>
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
    [words.speed.compiled, words.ms(compileMs)],
    [words.speed.first, timeToFirstTokenMs === null ? '—' : words.ms(timeToFirstTokenMs)],
    [words.speed.after, tokensPerSecond === null ? '—' : words.tokensPerSecond(tokensPerSecond)],
    [words.speed.memory, formatBytes(memoryBytes)],
  ] as const
