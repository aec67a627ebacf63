import type { Studio } from './studio'

/** The packed file that the page saves, without its times: what two runs have in common, and how often this one was taken up again. */
export async function packed(studio: Studio) {
  const { bytes } = await studio.save('Save packed file')
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, start).toString())
  const {
    seconds: _,
    peakGpuBytes: __,
    resumed,
    modules,
    ...report
  } = JSON.parse(header.__metadata__['bitloom.report'])
  header.__metadata__['bitloom.report'] = { report, modules: modules.map((m: object) => ({ ...m, seconds: 0 })) }
  return { resumed, lasting: { header, data: bytes.subarray(start).toString('base64') } }
}
