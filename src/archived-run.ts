import type { RunHead, RunMeasured, RunScore } from './archived-schema'
import type { ZeroShotReport } from './measurement-records'

export type { ArchivedModule, ArchivedRun, Remarks, RunHead, RunMeasured, RunScore } from './archived-schema'

/**
 * A run as it is kept for good and handed on: everything but its codes and what is told of single columns. What its record may
 * hold is apart (archived-schema.ts): the page, which makes records and never reads one, does without Zod.
 */

/** Characters that a note may have, those of a tag, and tags of a run; characters of options; cells of a map. */
export const MOST = { note: 20_000, tag: 40, tags: 32, options: 50_000, cells: 200_000 } as const

/** The numbers of everything measured that a table shows. */
export function scoresOf({ perplexities, divergences, tasks }: RunMeasured): Pick<RunHead, 'scores' | 'tasks'> {
  const keyOf = ({ text, protocol, maxTokens }: RunSetting) => JSON.stringify([text, protocol, maxTokens])
  const compared = new Map(divergences.map((line) => [keyOf(line), line.report]))
  const scores = perplexities.map(({ text, protocol, maxTokens, before, after }) => {
    const report = compared.get(keyOf({ text, protocol, maxTokens }))
    return {
      ...{ text, protocol, maxTokens, perplexity: known(after?.perplexity), original: known(before?.perplexity) },
      ...{ low: known(after?.interval?.low), high: known(after?.interval?.high) },
      ...{ kl: known(report?.kl.mean), top: known(report?.topAgreement.value) },
    }
  })
  return {
    scores,
    tasks: tasks.map(({ file, items, before, after }) => ({
      ...{ task: (after ?? before)?.task ?? file, items },
      ...{ accuracy: shareOf(after), original: shareOf(before) },
    })),
  }
}

/** Null for what is no number, and for what is infinite. */
export const known = (value: number | undefined): number | null => (Number.isFinite(value) ? (value ?? null) : null)

const shareOf = (report: ZeroShotReport | null): RunHead['tasks'][number]['accuracy'] => {
  const value = known(report?.accuracy.value)
  return value === null ? null : { value, error: known(report?.accuracy.error ?? undefined) }
}

export type RunSetting = Pick<RunScore, 'text' | 'protocol' | 'maxTokens'>

/** What was measured of one run at several times: of the same setting the later. */
export function mergeMeasured(old: RunMeasured, fresh: RunMeasured): RunMeasured {
  const merged = <T>(before: readonly T[], after: readonly T[], keyOf: (line: T) => unknown): T[] => [
    ...new Map([...before, ...after].map((line) => [JSON.stringify(keyOf(line)), line])).values(),
  ]
  const settingOf = ({ text, protocol, maxTokens }: RunSetting) => [text, protocol, maxTokens]
  return {
    texts: { ...old.texts, ...fresh.texts },
    perplexities: merged(old.perplexities, fresh.perplexities, settingOf),
    divergences: merged(old.divergences, fresh.divergences, settingOf),
    tasks: merged(old.tasks, fresh.tasks, ({ file, bytes, items }) => [file, bytes, items]),
  }
}

export const nothingMeasured: RunMeasured = { texts: {}, perplexities: [], divergences: [], tasks: [] }
