import { useRef } from 'react'
import { roughly } from '../duration'
import { useNow } from './use-now'
import { measureWords } from './words/measure'

/** Parts that must be done before their time is believed. */
const ENOUGH = 3

/** About how long what counts its parts will still take, by the time since it was first shown. */
export function TimeLeft({ done, total }: { readonly done: number; readonly total: number }) {
  const started = useRef<number | null>(null)
  const now = useNow(true)
  started.current ??= now
  if (done < ENOUGH || total <= 0) return null
  const left = (((now - started.current) / done) * (total - done)) / 1000
  return <p className="quiet small">{measureWords.left(roughly(left))}</p>
}
