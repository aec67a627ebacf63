import { expect, it } from 'vitest'
import { contentSecurityPolicy } from './csp.mjs'

it('lets the page ask nobody but itself and the Hub', () => {
  const directives = Object.fromEntries(
    contentSecurityPolicy.split('; ').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]),
  )
  expect(directives['connect-src']).toEqual([
    "'self'",
    'https://huggingface.co',
    'https://*.huggingface.co',
    'https://*.hf.co',
    'https://hf-hub-lfs-us-east-1.s3-accelerate.amazonaws.com',
  ])
  const others = Object.entries(directives).filter(([name]) => name !== 'connect-src')
  for (const [name, sources] of others) expect(sources.join(' '), name).not.toMatch(/https?:|\*|unsafe/)
})
