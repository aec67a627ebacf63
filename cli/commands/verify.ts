import { FormatError } from '../../src/errors'
import type { Gpu } from '../../src/gpu/device'
import type { Verification } from '../../src/measurement-records'
import { type OpenedModel, weightsOf } from '../../src/pipeline/opened'
import { perplexity } from '../../src/pipeline/perplexity'
import { perplexitiesAgree, verifyTensors } from '../../src/pipeline/verify'
import { aligned } from '../aligned'
import { type Arguments, command, UsageError } from '../command'
import { openPath, readText, withGpu } from '../input'
import { partsPrinter } from '../progress'
import { checkProtocol, maxTokensFlag, protocolFlag } from '../protocol-flag'

const flags = {
  text: { type: 'text', value: 'FILE', help: 'Text whose perplexity is held against that of the run, too.' },
  ...protocolFlag,
  ...maxTokensFlag,
} as const

/** One exported file or folder, against the run. */
interface Line {
  readonly path: string
  readonly kind: string
  readonly verification: Verification
  /** Null where no text was given. */
  readonly perplexity: { readonly run: number; readonly file: number } | null
  readonly passed: boolean
}

export const verify = command({
  name: 'verify',
  positionals: ['PACKED', 'EXPORT…'],
  summary: 'Opens exported files again and holds every tensor, and the perplexity, against the packed file.',
  flags,
  async run(args) {
    const { positionals, values, given, signal } = args
    const stray = ['protocol', 'max-tokens'].find((flag) => given.has(flag))
    if (values.text === undefined && stray) throw new UsageError(`verify: --${stray}: expected with --text only`)
    checkProtocol('verify', values.protocol)
    const [path, ...exports] = positionals
    const run = await openPath(path!)
    if (!run.packed)
      throw new FormatError(`${path}: expected the packed file of a run, got float weights — name that file first`)
    const lines =
      values.text === undefined
        ? await verifyAll(args, run, exports, null)
        : await withGpu(signal, (gpu) => verifyAll(args, run, exports, gpu))
    return { json: { run: run.name, exports: lines }, text: table(lines), failed: lines.some(({ passed }) => !passed) }
  },
})

async function verifyAll(
  { values, signal }: Arguments<typeof flags>,
  run: OpenedModel,
  paths: readonly string[],
  gpu: Gpu | null,
): Promise<Line[]> {
  const { text: file, protocol, 'max-tokens': maxTokens = null } = values
  const text = file === undefined ? null : await readText(file)
  const onProgress = partsPrinter().pass
  const measure = async (model: OpenedModel) =>
    gpu && text
      ? (await perplexity(gpu, model, weightsOf(gpu, model), { text, protocol, maxTokens, signal, onProgress }))
          .perplexity
      : null
  const wanted = await measure(run)
  const lines: Line[] = []
  for (const path of paths) {
    const exported = await openPath(path)
    const result = { ...run.packed!, model: run, changed: new Map() }
    const verification = await verifyTensors(result, exported, { signal, onProgress })
    const found = await measure(exported)
    const agree = wanted === null || found === null || perplexitiesAgree(verification, wanted, found)
    lines.push({
      ...{ path, kind: exported.source.provenance.kind, verification },
      perplexity: wanted === null || found === null ? null : { run: wanted, file: found },
      passed: verification.different === 0 && agree,
    })
  }
  return lines
}

function table(lines: readonly Line[]): string {
  const measured = lines.some(({ perplexity }) => perplexity)
  const head = [
    'export',
    'format',
    'held as',
    'tensors',
    'different',
    'largest',
    ...(measured ? ['run', 'file'] : []),
    '',
  ]
  const rows = lines.map(({ path, kind, verification, perplexity, passed }) => [
    ...[path, kind, verification.stored, String(verification.tensors), String(verification.different)],
    verification.largest === 0 ? '0' : verification.largest.toExponential(2),
    ...(measured ? [perplexity?.run.toFixed(4) ?? '', perplexity?.file.toFixed(4) ?? ''] : []),
    passed ? 'equal' : 'DIFFERENT',
  ])
  const names = lines.flatMap(({ path, verification }) => verification.names.map((name) => `${path}: ${name} differs`))
  return [...aligned([head, ...rows]), ...names].join('\n')
}
