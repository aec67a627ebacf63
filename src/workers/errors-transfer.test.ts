import * as Comlink from 'comlink'
import { expect, it } from 'vitest'
import { CancelledError, DeviceLostError } from '../errors'
import { keepErrorFamilies } from './errors-transfer'

it('keeps the family of an error across a channel, both ways', async () => {
  keepErrorFamilies()
  const { port1, port2 } = new MessageChannel()
  const api = {
    lose: () => {
      throw new DeviceLostError('gpu: gone — reload')
    },
    call: async (back: () => Promise<void>) => back().catch((error) => error instanceof CancelledError),
    plain: () => Promise.reject(7),
  }
  Comlink.expose(api, port1)
  const remote = Comlink.wrap<typeof api>(port2)
  await expect(remote.lose()).rejects.toBeInstanceOf(DeviceLostError)
  await expect(remote.lose()).rejects.toThrow('gpu: gone — reload')
  await expect(remote.plain()).rejects.toBe(7)
  const stop = async () => {
    throw new CancelledError('stop')
  }
  expect(await remote.call(Comlink.proxy(stop))).toBe(true)
  port1.close()
  port2.close()
})
