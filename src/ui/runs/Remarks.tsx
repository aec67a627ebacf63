import { type FormEvent, useState } from 'react'
import { MOST } from '../../archived-run'
import type { ListedRun } from '../../workers/archive-api'
import { Field } from '../fields'
import { useStudio } from '../studio-context'
import { runsWords } from '../words/runs'

/** What a person says of a run: tags, and a note that is kept when it is left. */
export function Remarks({ run }: { run: ListedRun }) {
  return (
    <>
      <Tags run={run} />
      <Note key={run.id} run={run} />
    </>
  )
}

function Tags({ run: { id, tags } }: { run: ListedRun }) {
  const studio = useStudio()
  const [draft, setDraft] = useState('')
  const tag = draft.trim().replace(/^#/, '').replaceAll(/\s+/g, '-')
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (tag === '') return
    setDraft('')
    if (!tags.includes(tag)) void studio.remark(id, { tags: [...tags, tag] })
  }
  return (
    <form className="field" onSubmit={add}>
      {tags.length > 0 && (
        <ul className="tags" aria-label={runsWords.tags}>
          {tags.map((own) => (
            <li key={own} className="run-tag">
              {own}
              <button
                type="button"
                className="plain"
                aria-label={runsWords.removeTag(own)}
                onClick={() => void studio.remark(id, { tags: tags.filter((other) => other !== own) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="tag-line">
        <Field label={runsWords.newTag}>
          {(wiring) => (
            <input
              {...wiring}
              type="text"
              maxLength={MOST.tag}
              spellCheck={false}
              disabled={tags.length >= MOST.tags}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
            />
          )}
        </Field>
        <button type="submit" disabled={tag === ''}>
          {runsWords.addTag}
        </button>
      </div>
    </form>
  )
}

function Note({ run: { id, note } }: { run: ListedRun }) {
  const studio = useStudio()
  const [draft, setDraft] = useState<string | null>(null)
  return (
    <Field label={runsWords.note}>
      {(wiring) => (
        <textarea
          {...wiring}
          rows={3}
          maxLength={MOST.note}
          value={draft ?? note}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={() => {
            if (draft !== null && draft !== note) void studio.remark(id, { note: draft }).then(() => setDraft(null))
          }}
        />
      )}
    </Field>
  )
}
