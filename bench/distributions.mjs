#!/usr/bin/env node
/**
 * Prints how long the distributions of one matrix take, from packed codes and a bfloat16 original in a file:
 *
 *     node bench/distributions.mjs [--out 4096] [--in 11008] [--runs 5]
 */
import { parseArgs } from 'node:util'
import { createServer } from 'vite'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '4096' },
    in: { type: 'string', default: '11008' },
    runs: { type: 'string', default: '5' },
  },
})
const vite = await createServer({ server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' })
try {
  const { measureDistributions } = await vite.ssrLoadModule('/bench/distributions.ts')
  for (const line of await measureDistributions(Number(values.out), Number(values.in), Number(values.runs)))
    console.log(line)
} finally {
  await vite.close()
}
