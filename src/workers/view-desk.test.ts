import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nano } from '../../test/cli'
import { strangeGguf } from '../../test/view-files'
import { CancelledError, FormatError } from '../errors'
import type { TensorWish } from '../file-records'
import type { OpenResult } from './api'
import { createEngine } from './engine'
import { EngineDevice } from './engine-device'

const file = (name: string, content: string | Uint8Array<ArrayBuffer>) => new File([content], name)
const bundled = (name: string) => file(name, new Uint8Array(readFileSync(join(nano, name))))
const viewOf = (result: OpenResult) => {
  if (result.state !== 'view') throw new Error(`opened as ${result.state}`)
  return result
}
const wish = (name: string, more: Partial<TensorWish> = {}): TensorWish => ({
  ...{ name, lane: 'peak', window: null, across: 8, down: 8, whole: false, ...more },
})
const quiet = () => {}

describe('what opens for looking', () => {
  it('is a GGUF file of an unknown architecture, and its tensors are drawn', async () => {
    const engine = createEngine(new EngineDevice(undefined))
    const { view, reason } = viewOf(await engine.offerFiles([file('a.gguf', strangeGguf(1, 256, 256))], true, null))
    expect(view).toMatchObject({ name: 'a', architecture: 'loomish' })
    expect(reason).toMatch(/^a\.gguf: general\.architecture: expected llama/)
    const picture = await engine.view.picture(wish('blk.0.attn_q.weight', { lane: 'scale' }), quiet)
    expect(picture).toMatchObject({ rows: 256, columns: 256, lane: 'scale', across: 8, down: 8, read: 65536 })
    expect(picture!.cells.every((value) => value > 0)).toBe(true)
    expect(await engine.view.picture(wish('foreign.weight'), quiet)).toBeNull()
    await expect(engine.view.picture(wish('absent.weight'), quiet)).rejects.toBeInstanceOf(FormatError)
    await expect(engine.forecast({} as never)).rejects.toThrow(/expected an open model/)
  })

  it.each<[string, readonly File[], RegExp]>([
    [
      'an adapter',
      [bundled('model.safetensors'), file('adapter_config.json', '{"peft_type": "LORA"}')],
      /^an adapter holds changes to another model/,
    ],
    [
      'a vision tower, which has no tokenizer',
      [bundled('model.safetensors'), file('config.json', '{"model_type": "siglip_vision_model"}')],
      /architectures.*siglip_vision_model/,
    ],
    [
      'a model in a format of quantization that is not read',
      [
        ...['model.safetensors', 'tokenizer.json'].map(bundled),
        file('config.json', '{"architectures": ["LlamaForCausalLM"], "quantization_config": {"quant_method": "awq"}}'),
      ],
      /quantization_config.*awq/,
    ],
  ])('is %s', async (_, files, says) => {
    const { view, reason } = viewOf(
      await createEngine(new EngineDevice(undefined)).offerFiles([...files], true, 'folder'),
    )
    expect(view).toMatchObject({ name: 'folder', format: 'safetensors' })
    expect(reason).toMatch(says)
  })

  it('is a pile that waits for other files, once that is asked for', async () => {
    const engine = createEngine(new EngineDevice(undefined))
    const offered = await engine.offerFiles([bundled('model.safetensors'), bundled('config.json')], true, 'nano')
    expect(offered).toMatchObject({ state: 'incomplete', missing: ['tokenizer.json'] })
    expect(viewOf(await engine.lookAtPile())).toMatchObject({
      ...{ reason: 'tokenizer.json is missing', view: { name: 'nano', architecture: 'LlamaForCausalLM' } },
    })
  })

  it('is no damaged model of an architecture that is known, and no file that is cut short', async () => {
    const engine = createEngine(new EngineDevice(undefined))
    const config = { ...JSON.parse(readFileSync(join(nano, 'config.json'), 'utf8')), num_hidden_layers: 9 }
    const others = ['model.safetensors', 'tokenizer.json'].map(bundled)
    const damaged = [...others, file('config.json', JSON.stringify(config))]
    await expect(engine.offerFiles(damaged, true, null)).rejects.toBeInstanceOf(FormatError)
    const cut = file('a.gguf', strangeGguf(1).slice(0, 5000))
    await expect(engine.offerFiles([cut], true, null)).rejects.toThrow(/^a\.gguf: expected .*damaged/)
  })
})

it('draws nothing of a tensor without weights', async () => {
  const engine = createEngine(new EngineDevice(undefined))
  const header = new TextEncoder().encode(
    JSON.stringify({
      none: { dtype: 'F32', shape: [0, 4], data_offsets: [0, 0] },
      some: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    }),
  )
  const bytes = new Uint8Array(8 + header.length + 4)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, 8)
  await engine.offerFiles([file('model.safetensors', bytes)], true, null)
  await engine.lookAtPile()
  expect(await engine.view.picture(wish('none'), quiet)).toBeNull()
  expect(await engine.view.picture(wish('some'), quiet)).toMatchObject({ read: 1 })
})

it('looks into a model that runs, too; a second picture takes the place of the first', async () => {
  const engine = createEngine(new EngineDevice(undefined))
  const files = ['config.json', 'tokenizer.json', 'model.safetensors'].map(bundled)
  const opened = await engine.offerFiles(files, true, null)
  expect(opened).toMatchObject({ state: 'ready', view: { format: 'safetensors', weights: 721472 } })
  const first = engine.view.picture(wish('model.embed_tokens.weight'), quiet)
  const second = engine.view.picture(wish('model.norm.weight'), quiet)
  await expect(first).rejects.toBeInstanceOf(CancelledError)
  expect(await second).toMatchObject({ rows: 1, columns: 64, read: 64 })
  const stopped = engine.view.picture(wish('model.embed_tokens.weight', { whole: true }), quiet)
  await engine.view.stop()
  await expect(stopped).rejects.toBeInstanceOf(CancelledError)
})
