import { type ByteSource, blobSource } from '../formats/bytes'
import { plainName } from '../formats/file-name'
import { zipStream } from '../formats/zip'
import type { WeightSource } from '../models/weights'
import { exportAs, exportFacts } from '../pipeline/exports'
import { type OpenedModel, openFiles, weightsOf } from '../pipeline/opened'
import { perplexity } from '../pipeline/perplexity'
import { perplexitiesAgree, verifyTensors } from '../pipeline/verify'
import type { EngineApi } from './api'
import type { Session } from './session'

type Exporting = Pick<EngineApi, 'download' | 'exportFacts' | 'verify'>

/** Takes the result away as files, and opens those again to compare. */
export function exporting(session: Session): Exporting {
  return {
    async download(format) {
      const { name } = session.model()
      const { files, alone } = await exportAs(format, session.result())
      const [only] = files
      if (alone && only) return { name: only.name, stream: streamOf(only.chunks), size: only.size }
      const folder = `${plainName(name)}-${format}`
      return { name: `${folder}.zip`, ...zipStream(folder, files) }
    },

    // nobody waits for them; for what is drawn meanwhile somebody does
    exportFacts: async (format) => exportFacts(format, session.result(), () => session.matrix.idle()),

    verify: (format, measured, onProgress) =>
      session.works.run(async (signal) => {
        const result = session.result()
        const { files } = await exportAs(format, result)
        const written: ByteSource[] = []
        // a blob of a stream may lie on the disk: what is compared need not fit into memory
        for (const { name, chunks } of files)
          written.push(blobSource(await new Response(streamOf(chunks)).blob(), name))
        const exported = await openFiles(written, session.model().name)
        const verification = await verifyTensors(result, exported, { signal, onProgress })
        const { gpu } = session
        const { different } = verification
        if (!measured || !gpu) return { verification, perplexity: null, equal: different === 0 }
        const { text, options } = measured
        const measure = async (model: OpenedModel, weights: WeightSource) =>
          (await perplexity(gpu, model, weights, { text, ...options, signal, onProgress })).perplexity
        const run = await measure(session.model(), session.weights('quantized'))
        const file = await measure(exported, weightsOf(gpu, exported))
        const equal = different === 0 && perplexitiesAgree(verification, run, file)
        return { verification, perplexity: { run, file }, equal }
      }),
  }
}

/** A stream that makes each chunk when it is asked for. */
function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}
