import type { StorageError } from '../errors'
import { fingerprintOf, modelDigest } from '../pipeline/fingerprint'
import { forecastOf, forecastRun } from '../pipeline/inspect'
import { PauseSwitch } from '../pipeline/pause'
import { quantize } from '../pipeline/quantize'
import { reopen } from '../pipeline/reopen'
import type { Scratch } from '../storage/scratch'
import type { EngineApi } from './api'
import { pageRoom, withScratch } from './page-room'
import { breakOff } from './run-desk'
import type { Session } from './session'

type Running = Pick<EngineApi, 'forecast' | 'quantize' | 'pause' | 'resume' | 'reopenRun' | 'origin'>

/** Runs of the open model: what one takes, making it, and opening it again. */
export function running(session: Session): Running {
  const { works, runs } = session
  /** Of the run under way. */
  let pause: PauseSwitch | null = null

  return {
    async forecast(recipe) {
      const model = session.model()
      const { gpu, gpuInfo } = session
      const room = await pageRoom()
      // a device at work would be measured as a slow one
      if (!gpu || works.busy) return { ...forecastOf(model, recipe, gpuInfo, room), seconds: null }
      const forecast = forecastRun(model, recipe, gpu, room)
      works.waitFor(forecast)
      return forecast
    },

    async quantize(recipe, calibration, onProgress, kept = null) {
      const own = new PauseSwitch()
      pause = own
      try {
        return await works.run(async (signal) => {
          const [gpu, model] = [session.device(), session.model()]
          const about = { model: model.name, home: session.home, recipe, layers: model.spec.layers, begun: Date.now() }
          const held = await runs.take(await fingerprintOf(gpu, model, recipe, calibration), about, kept)
          const onRefused = async ({ message }: StorageError) => {
            own.pause()
            onProgress({ type: 'refused', text: message })
            await own.wait(signal)
          }
          const request = { recipe, calibration, signal, pause: own, onProgress, folder: held.folder, onRefused }
          const room = await pageRoom()
          const work = (scratch: Scratch) => quantize(gpu, model, { ...request, room, scratch })
          const result = await withScratch(work).catch(async (error) => {
            await breakOff(held)
            throw error
          })
          await session.take(held, model, result)
          return result.report
        })
      } finally {
        pause = null
      }
    },

    pause: async () => pause?.pause(),
    resume: async () => pause?.resume(),

    reopenRun: (id) =>
      works.run(async () => {
        const model = session.model()
        const held = await runs.hold(id)
        try {
          const result = await reopen(model, held.folder)
          await session.take(held, model, result)
          return result.report
        } catch (error) {
          held.release()
          throw error
        }
      }),

    async origin() {
      const { held, home } = session
      if (!held) return null
      const { folder } = held
      const { fingerprint } = (await folder.description()) ?? {}
      return {
        model: fingerprint?.model ?? (await modelDigest(session.model())),
        home,
        folder: runs.keeps(folder) ? folder.name : null,
        bytes: (await folder.holds()).bytes,
      }
    },
  }
}
