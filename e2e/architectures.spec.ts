import { architectureFiles } from '../test/architecture-files'
import { expect, test } from './fixtures'
import { Studio } from './studio'

/** What Inspect says, the modules of a block, and one of them. */
const MODELS = [
  ['gpt2', 'GPT2LMHeadModel', 4, 'transformer.h.0.attn.c_attn'],
  ['gemma3', 'Gemma3ForCausalLM', 7, 'model.layers.0.self_attn.q_proj'],
  // the parts of all experts share a row
  ['mixtral', 'MixtralForCausalLM', 7, 'model.layers.0.self_attn.q_proj'],
] as const

for (const [name, architecture, modules, module] of MODELS)
  test(`${architecture} is opened, quantized and looked at`, async ({ page }) => {
    const studio = new Studio(page)
    await studio.open()
    await studio.drop(architectureFiles(name))
    await expect(studio.step('inspect').getByText(architecture)).toBeVisible()
    await studio.setRecipe('RTN', 4)
    await studio.step('run').getByRole('button', { name: 'Quantize', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Save packed file' })).toBeEnabled({ timeout: 60_000 })
    const map = studio.step('look').getByRole('application', { name: /^Model map/ })
    await expect(map).toHaveAttribute('aria-label', new RegExp(`${modules} modules by`))
    await map.focus()
    await page.keyboard.press('Enter')
    await expect(studio.step('look').getByText(module).first()).toBeVisible()
    if (name !== 'mixtral') return
    await map.press('PageDown')
    await map.press('Enter')
    const experts = studio
      .step('look')
      .getByRole('application', { name: /^Experts of layer 0, 3 modules by 4 experts/ })
    await experts.press('Home')
    await experts.press('Enter')
    await expect(
      studio
        .step('look')
        .getByText(/experts\.0\.w2/)
        .first(),
    ).toBeVisible()
  })
