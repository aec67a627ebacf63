import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchAll, hub, look, plain, reason, root, TOKEN } from '../../test/hub-repo'
import { NetworkError } from '../errors'
import { readAddress } from './address'
import { HubClient } from './client'
import { endpointAt } from './endpoint'
import { listRepo } from './listing'

describe('a token', () => {
  it('that no header can hold is refused without being named', () => {
    let message = ''
    try {
      new HubClient({ token: 'hf_secret\nhf_other' })
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatch(/^FormatError: hub: expected a token/)
    expect(message).not.toContain('hf_')
  })

  it('opens a gated repository, and goes to the Hub’s own host only', async () => {
    hub.repos.set('org/name', { files: plain(), token: TOKEN, gated: true })
    await fetchAll('org/name', { token: `${TOKEN}\n` })
    expect(
      hub.seen.filter(({ at }) => at === 'hub').every(({ authorization }) => authorization === `Bearer ${TOKEN}`),
    ).toBe(true)
    const away = hub.seen.filter(({ at }) => at === 'cdn')
    expect(away.map(({ authorization }) => authorization)).toEqual([null])
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name)).includes(TOKEN)).toBe(false)
  })

  it.each([
    [
      'none for a gated one',
      { gated: true },
      null,
      /accept its licence at http.*\/org\/name, then give a token of that account/,
    ],
    [
      'one without the licence',
      { gated: true },
      'hf_other',
      /accept its licence at .*\/org\/name with the account of this token/,
    ],
    ['none for a private one', {}, null, /check the name; a private or gated repository needs a token/],
    ['a wrong one', {}, 'hf_other', /got 401 for this token — check the name, and the token at/],
  ])('that is %s is told what to do', async (_, repo, token, says) => {
    hub.repos.set('org/name', { files: plain(), token: TOKEN, ...repo })
    const error = await reason(look('org/name', { token }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toMatch(says)
    expect(error.message).not.toContain('hf_')
  })
})

describe('a refusal', () => {
  it.each([
    ['org/missing', {}, /got 401 — check the name/],
    ['org/missing', { token: TOKEN }, /got 404, nothing of that name — check the name/],
    ['org/name@nothing', {}, /got 404, no such revision — check the branch, tag or commit/],
  ])('of %s says what is missing', async (address, options, says) => {
    await expect(look(address, options)).rejects.toThrow(says)
  })

  it('for too many requests says when to come back', async () => {
    const api = '/api/models/org/name/revision/main'
    hub.faults.set(api, { status: 429, headers: { 'Retry-After': '17' } })
    await expect(look('org/name')).rejects.toThrow(/got 429, too many requests — try again in 17 s/)
    hub.faults.set(api, { status: 429, times: 2 })
    expect((await look('org/name', { retries: [1, 1] })).listing.files).toHaveLength(5)
    hub.faults.set(api, { status: 429, headers: { 'Retry-After': '3600' } })
    await expect(look('org/name', { retries: [1] })).rejects.toThrow(/try again in 3600 s/)
    hub.faults.set(api, { status: 429 })
    await expect(look('org/name')).rejects.toThrow(/try again in a few minutes/)
    hub.faults.set(api, { status: 503 })
    await expect(look('org/name')).rejects.toThrow(/got status 503 — the server has a fault/)
  })

  it('of a signed address does not tell the signature', async () => {
    hub.faults.set('org/name/model.safetensors', { status: 403 })
    const error = await reason(fetchAll('org/name'))
    expect(error.message).not.toContain('secret-signature')
  })

  it('by nobody at all is a lost connection', async () => {
    const offline = new HubClient({ endpoint: endpointAt('http://127.0.0.1:1'), retries: [] })
    const error = await reason(listRepo(offline, readAddress('org/name')))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toMatch(/expected an answer of 127.0.0.1:1, got none .* — check the connection/)
  })
})
