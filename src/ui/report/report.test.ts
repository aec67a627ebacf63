// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { fakeDivergence, fakeScan } from '../../../test/fake-divergence'
import { fakeMethods } from '../../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../../test/fake-model'
import { fakeScores } from '../../../test/fake-tasks'
import type { PerplexityReport } from '../../measurement-records'
import type { RunReport } from '../../records'
import { defaultRecipe } from '../../state/recipe'
import { visible } from '../../visible'
import { modelCard } from './card'
import { documentJson, type ReportDocument } from './document'
import { reportHtml } from './report'

const HOSTILE = '</title></style><script>alert(1)</script><img src=x onerror="alert(2)">`|$(rm) \u0000\u202egnp'

function document(name: string): ReportDocument {
  const inspection = fakeInspection('wren', 3)
  const recipe = { ...defaultRecipe(fakeMethods[2]!, name, 'software'), seed: 3 }
  const modules = inspection.modules.map((module) => {
    const made = fakeModule(module, recipe)
    return { ...made, name: `${name}.${made.name}` }
  })
  const plan = modules.map((module) => ({ ...module }))
  const report: RunReport = {
    ...{ version: 1, bitloom: '9.9.9', recipe, modules, calibrationDigest: 'ab12', peakGpuBytes: 2 ** 27 },
    model: { name, parameters: 721_472, bytes: 2e6 },
    device: { name, software: true },
    bits: { code: 2.5, scale: 0.25, index: 0.0625, total: 2.8125 },
    ...{ seconds: { total: 71 }, warnings: [name] },
  }
  const perplexity: PerplexityReport = {
    ...{ protocol: 'windows:256', text: name, perplexity: 61.2, nll: Math.log(61.2), tokens: 4080, windows: 16 },
    ...{ interval: { low: 58.1, high: 64.5 }, positions: [], stored: false, seconds: 1 },
  }
  const scores = (which: 'original' | 'quantized') => fakeScores(name, 'choices', which, 8, false)
  return {
    ...{ report, packedBytes: 1.5e6, perplexities: [{ before: perplexity, after: { ...perplexity, perplexity: 70 } }] },
    divergences: [fakeDivergence(name, 'windows:256', true)],
    tasks: [{ before: scores('original'), after: scores('quantized') }],
    sensitivities: [fakeScan(plan, { text: name, by: 'module', bits: 3, groupSize: 64, protocol: 'windows:256' })],
    exports: [
      { format: 'gguf', facts: { bytes: 1e6, notes: [name], problem: null } },
      { format: 'gptq', facts: { bytes: null, notes: [], problem: `${name}: expected one width — use another` } },
    ],
  }
}

const opened = (text: string) => new DOMParser().parseFromString(text, 'text/html')

describe('the HTML report', () => {
  const page = opened(reportHtml(document('wren-nano')))
  const text = page.body.textContent!

  it('says what the result is, what it stores and what it costs', () => {
    expect(page.title).toContain('wren-nano, ')
    for (const part of ['2.8125', '2.5000', '0.2500', '0.0625', '1.50 MB', '61.20 (58.10 to 64.50)', '× 1.1438'])
      expect(text).toContain(part)
    for (const part of ['0.0213 (0.0188 to 0.0238)', '0.210', '91.30 ± 0.44', '"seed": 3', '9.9.9', '128 MiB', 'ab12'])
      expect(text).toContain(part)
    expect(page.querySelectorAll('figure svg').length).toBeGreaterThanOrEqual(4)
    expect(page.querySelectorAll('tbody tr').length).toBeGreaterThan(21)
  })

  it('shows how to load what can be written, and says what cannot', () => {
    expect(text).toContain('llama-cli -m wren-nano.gguf')
    expect(text).toContain('bitloom generate wren-nano.safetensors')
    expect(text).not.toContain('vllm serve ./wren-nano-gptq')
    expect(text).toContain('expected one width')
  })

  it('needs nothing from elsewhere', () => {
    const markup = reportHtml(document('wren-nano'))
    expect(page.querySelectorAll('script, link, img, iframe, object, [src], [href], [onclick]')).toHaveLength(0)
    expect(page.querySelector('meta[http-equiv]')!.getAttribute('content')).toContain("default-src 'none'")
    expect(markup).not.toMatch(/url\(|@import/)
    // namespaces are no addresses that anything is fetched from
    expect(markup.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:/)
  })

  it('shows hostile names as text', () => {
    const hostile = opened(reportHtml(document(HOSTILE)))
    expect(hostile.querySelectorAll('script, img, [onerror]')).toHaveLength(0)
    expect(hostile.querySelectorAll('style')).toHaveLength(1)
    expect(hostile.querySelector('h1')!.textContent).toBe(visible(HOSTILE))
    expect(hostile.documentElement.textContent).not.toContain('\u202e')
    expect(hostile.body.textContent).not.toContain('undefined')
  })
})

describe('the model card', () => {
  it('has metadata, numbers and commands', () => {
    const card = modelCard(document('wren-nano'))
    const [, metadata] = card.split('---\n')
    expect(JSON.parse(metadata!)).toMatchObject({ pipeline_tag: 'text-generation' })
    expect(card).toContain('| all that is stored | 2.8125 |')
    expect(card).toContain('llama-cli -m wren-nano.gguf')
    expect(card).not.toContain('undefined')
  })

  it('keeps hostile names from being markup, and code in its fences', () => {
    const card = modelCard(document(HOSTILE))
    const outside = card.replaceAll(/(`{3,})[\s\S]*?\1/g, '')
    expect(outside).not.toMatch(/<script|<img|\u202e/)
    const table = outside.split('\n').filter((line) => line.startsWith('| perplexity'))
    for (const line of table) expect(line.match(/(?<!\\)\|/g)).toHaveLength(4)
  })
})

it('is JSON without what the packed file keeps', () => {
  const json = JSON.parse(documentJson(document('wren-nano')))
  expect(json).toMatchObject({
    version: 1,
    report: { bits: { total: 2.8125 } },
    divergences: [{ tokens: expect.any(Number) }],
  })
  expect(json.report.modules[0]).not.toHaveProperty('columns')
  expect(json.tasks[0].after).not.toHaveProperty('predictions')
  expect(json.tasks[0].after.accuracy.value).toBeGreaterThan(0)
})
