import { describe, expect, it } from 'vitest'
import { parseOsRelease } from './apt.mjs'
import { isInstalled, nodeProblem } from './install.mjs'
import { kindOf } from './vulkan.mjs'

describe('nodeProblem', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('takes Node %s', (version) =>
    expect(nodeProblem(version)).toBeUndefined(),
  )
  it.each(['20.18.3', '18.20.0', '6.0.0'])('refuses Node %s and says what to do', (version) => {
    expect(nodeProblem(version)).toMatch(`expected 20.19.0 or newer, got ${version} — install`)
  })
})

describe('isInstalled', () => {
  const wanted = {
    '': { name: 'bitloom' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  }
  it('takes what the lock file asks for, without packages for other systems', () => {
    expect(isInstalled(wanted, { 'node_modules/a': { version: '1.0.0' } })).toBe(true)
    expect(
      isInstalled(wanted, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }),
    ).toBe(true)
  })
  it('sees what is missing and what has another version', () => {
    expect(isInstalled(wanted, {})).toBe(false)
    expect(isInstalled(wanted, { 'node_modules/a': { version: '1.0.1' } })).toBe(false)
    expect(
      isInstalled(wanted, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.9.0' } }),
    ).toBe(false)
  })
})

describe('kindOf', () => {
  const lavapipe = (mesa) => ({ description: `llvmpipe: Mesa ${mesa} (LLVM 15.0.6) 0.0.1`, software: true })
  it.each([
    [null, 'none'],
    [{ description: 'NVIDIA: 570.86 570.86', software: false }, 'gpu'],
    [{ vendor: 'apple', software: false }, 'gpu'],
    [{ description: 'radv: Mesa 22.3.6', software: false }, 'gpu'],
    [lavapipe('25.0.7-2~bpo12+1'), 'lavapipe'],
    [lavapipe('23.2.1-1ubuntu3'), 'lavapipe'],
    [lavapipe('22.3.6'), 'software'],
    [{ description: 'SwiftShader driver 5.0.0', software: true }, 'software'],
    [{ description: 'Microsoft Basic Render Driver', software: true }, 'software'],
  ])('tells what %o is', (adapter, kind) => expect(kindOf(adapter)).toBe(kind))
})

it('parseOsRelease reads quoted and bare fields', () => {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
  expect(parseOsRelease(text)).toMatchObject({ ID: 'debian', VERSION_CODENAME: 'bookworm' })
})
