import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { built, scratch, start } from '../test/cli'
import { endFromOutside } from './stop'

const folder = scratch()

/** A program that says when it is there, heeds no polite signal and never ends by itself. */
function stubborn() {
  const child = spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => {}); process.on('SIGINT', () => {}); setInterval(() => {}, 1000); console.log('there')",
  ])
  const there = new Promise((done) => child.stdout.once('data', done))
  const ended = new Promise<NodeJS.Signals | null>((done) => child.on('exit', (_, signal) => done(signal)))
  return { child, there, ended }
}

describe('the last resort', () => {
  it('kills what does not end by itself', async () => {
    const { child, there, ended } = stubborn()
    await there
    child.kill('SIGINT')
    endFromOutside(child.pid!, 50)
    expect(await ended).toBe('SIGKILL')
  })

  it('can be called off, as it is where who called it has ended', async () => {
    const [spared, other] = [stubborn(), stubborn()]
    await Promise.all([spared.there, other.there])
    endFromOutside(spared.child.pid!, 1000)()
    endFromOutside(other.child.pid!, 1500)
    expect(await other.ended).toBe('SIGKILL')
    expect(spared.child.exitCode ?? spared.child.signalCode).toBeNull()
    spared.child.kill('SIGKILL')
  })
})

describe.concurrent('a command that cannot be stopped in time', () => {
  beforeAll(built, 120_000)

  it.each([
    ['waits for a driver for ever', '', { code: 130 }],
    // killed: no exit code of its own
    ['has a driver that does not let it end', "process.on('exit', () => { for (;;); });", { code: null }],
  ])(
    'ends all the same where it %s',
    async (_, more, expected) => {
      const addon = join(folder, `addon-${more.length}.cjs`)
      writeFileSync(
        addon,
        `setInterval(() => {}, 1000); ${more}
      exports.globals = {}
      exports.create = () => ({ requestAdapter: () => new Promise(() => { process.stderr.write('asked for an adapter') }) })`,
      )
      const { child, ended } = start(['bench'], { BITLOOM_DAWN: addon })
      const asked = new Promise<string>((ready) => {
        child.stderr!.on('data', (text: string) => text.includes('asked') && ready('asked'))
      })
      expect(await Promise.race([asked, ended])).toBe('asked')
      child.kill('SIGINT')
      const { code, stderr } = await ended
      expect({ code }).toEqual(expected)
      expect(stderr).toMatch(/bitloom: stopped; what was at work took more than 8 s .*; finished blocks are kept\n$/)
    },
    60_000,
  )
})
