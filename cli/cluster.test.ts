import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nano, runHere, sample, scratch } from '../test/cli'
import { type ClusterJob, kubernetesJob, shellQuoted, slurmScript } from './cluster'

const folder = scratch()

const job: ClusterJob = {
  name: 'Llama_3.2 "1B"',
  parts: 4,
  image: 'registry/bitloom:1',
  workingDir: "/data/it's here: #1",
  commandOf: (part) => `bitloom quantize 'a b' --part ${part}/4 --out "q"`,
}

/** Reads what the emitter writes and nothing else of YAML: block style, texts and numbers as JSON has them. */
function parseYaml(text: string): unknown {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => ({ indent: line.search(/\S/), rest: line.trim() }))
  let at = 0
  const block = (indent: number): unknown => {
    const list = lines[at]!.rest.startsWith('-')
    const items: unknown[] = []
    const members: Record<string, unknown> = {}
    while (at < lines.length && lines[at]!.indent === indent) {
      const [, key = '', value = ''] = /^(?:-|(\w+|"(?:[^"\\]|\\.)*"):)\s*(.*)$/.exec(lines[at++]!.rest)!
      const read = value ? JSON.parse(value) : block(lines[at]!.indent)
      if (list) items.push(read)
      else members[key.startsWith('"') ? JSON.parse(key) : key] = read
    }
    return list ? items : members
  }
  return block(0)
}

const hasPyYaml = (() => {
  try {
    execFileSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const asKubernetesReadsIt = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'bitloom-llama-3-2-1b' },
  spec: {
    ...{ completionMode: 'Indexed', completions: 4, parallelism: 4, backoffLimit: 12 },
    template: {
      spec: {
        restartPolicy: 'OnFailure',
        containers: [
          {
            ...{ name: 'bitloom', image: 'registry/bitloom:1', workingDir: "/data/it's here: #1" },
            command: ['sh', '-c', 'exec bitloom quantize \'a b\' --part "$((JOB_COMPLETION_INDEX + 1))"/4 --out "q"'],
            resources: { limits: { 'nvidia.com/gpu': 1 } },
            volumeMounts: [{ name: 'work', mountPath: "/data/it's here: #1" }],
          },
        ],
        volumes: [{ name: 'work', persistentVolumeClaim: { claimName: 'bitloom-work' } }],
      },
    },
  },
}

describe('a Job of Kubernetes', () => {
  it('has an index for every part, and is the YAML of what was meant', () => {
    expect(parseYaml(kubernetesJob(job))).toEqual(asKubernetesReadsIt)
  })

  it.skipIf(!hasPyYaml)('is read so by PyYAML (skipped where Python has none)', () => {
    const read = execFileSync(
      'python3',
      ['-c', 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'],
      {
        input: kubernetesJob(job),
      },
    )
    expect(JSON.parse(read.toString())).toEqual(asKubernetesReadsIt)
  })
})

describe('a script for Slurm', () => {
  it('is an array with a task for every part', () => {
    expect(slurmScript(job).split('\n')).toEqual([
      '#!/bin/sh',
      '#SBATCH --job-name=bitloom-llama-3-2-1b',
      '#SBATCH --array=1-4',
      '#SBATCH --gres=gpu:1',
      '#SBATCH --requeue',
      expect.stringMatching(/^# /),
      'exec bitloom quantize \'a b\' --part "$SLURM_ARRAY_TASK_ID"/4 --out "q"',
      '',
    ])
  })
})

describe('a shell', () => {
  it.each(['plain', "it's", 'a b', '$(rm -rf /)', '`x`', '-n', 'line\nfeed', '"', '*', ''])(
    '%#: gives an argument back',
    (argument) => {
      const printed = execFileSync('sh', ['-c', `printf %s ${shellQuoted(argument)}`])
      expect(printed.toString()).toBe(argument)
    },
  )

  it('runs both jobs with the number of the part', () => {
    const bin = mkdtempSync(join(folder, 'bin-'))
    writeFileSync(join(bin, 'bitloom'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
    const env = { PATH: `${bin}:${process.env.PATH}`, SLURM_ARRAY_TASK_ID: '2', JOB_COMPLETION_INDEX: '1' }
    const expected = ['quantize', 'a b', '--part', '2/4', '--out', 'q', '']
    const [, , command] = asKubernetesReadsIt.spec.template.spec.containers[0]!.command
    expect(execFileSync('sh', ['-c', command!], { env }).toString().split('\n')).toEqual(expected)
    expect(
      execFileSync('sh', ['-c', slurmScript(job)], { env })
        .toString()
        .split('\n'),
    ).toEqual(expected)
  })
})

describe('bitloom plan', () => {
  const text = sample(folder, 'moby-dick', 12_000)
  const small = ['--calibration', text, '--samples', 4, '--seq-len', 64]

  it('writes a manifest and both jobs, and tells the commands', { timeout: 60_000 }, async () => {
    const out = join(folder, 'plan one')
    const ended = await runHere('plan', nano, ...small, '--stream', 'original', '--workers', 3, '--out', out, '--json')
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const command = (part: number) => `bitloom quantize ${nano} --calibration ${text} --part ${part}/3 --out '${out}'`
    expect(JSON.parse(ended.stdout)).toEqual({
      out,
      parts: [
        { first: 0, end: 1, command: command(1) },
        { first: 1, end: 2, command: command(2) },
        { first: 2, end: 4, command: command(3) },
      ],
    })
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({
      parts: 3,
      layers: 4,
      recipe: { method: 'gptq', calibration: { stream: 'original' } },
    })
    expect(readFileSync(join(out, 'job.yaml'), 'utf8')).toContain('completions: 3')
    expect(readFileSync(join(out, 'job.sbatch'), 'utf8')).toContain('--array=1-3')
    const merged = await runHere('merge', nano, out, '--out', join(folder, 'x.safetensors'))
    expect(merged).toMatchObject({ code: 1, stderr: expect.stringContaining(`run: ${command(1)}`) })
  })

  it('refuses what cannot be cut, a part that was not planned, another text and options beside a plan', {
    timeout: 60_000,
  }, async () => {
    const out = join(folder, 'refused')
    const sequential = await runHere('plan', nano, ...small, '--workers', 2, '--out', out)
    expect(sequential).toMatchObject({ code: 1, stderr: expect.stringContaining("the calibration stream 'original'") })
    const plan = await runHere('plan', nano, ...small, '--stream', 'original', '--workers', 2, '--out', out)
    expect(plan.code).toBe(0)
    const part = (...rest: (string | number)[]) => runHere('quantize', nano, '--out', out, ...rest)
    expect(await part('--calibration', text, '--part', '3/2')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected 1/2 to 2/2'),
    })
    expect(await part('--calibration', text, '--part', '1/4')).toMatchObject({ code: 2 })
    expect(await part('--calibration', text, '--part', '1/2', '--bits', 3)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--bits: expected without --part'),
    })
    expect(await part('--calibration', text, '--part', '1/2', '--force')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force: expected without --part'),
    })
    const other = sample(mkdtempSync(join(folder, 'other-')), 'state-of-the-union', 9000)
    expect(await part('--calibration', other, '--part', '1/2')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another calibration text'),
    })
    expect(await runHere('quantize', nano, '--calibration', text, '--part', '1/2', '--out', folder)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("what 'bitloom plan' writes"),
    })
  })
})
