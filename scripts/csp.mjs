/**
 * The Hugging Face Hub, asked only when a person asks for it: its API and data sets' rows, the CDNs it redirects
 * downloads to (their names change with region and provider, all of them under hf.co), and the storage for uploads.
 */
const hub = [
  'https://huggingface.co',
  'https://*.huggingface.co',
  'https://*.hf.co',
  'https://hf-hub-lfs-us-east-1.s3-accelerate.amazonaws.com',
]

/**
 * What the studio may load: its own files, and from the Hub on request; nothing else. One policy for the local
 * server's header and for the tag in the built page, which protects it on any static host.
 */
const directives = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'connect-src': ["'self'", ...hub],
  'worker-src': ["'self'"],
  'font-src': ["'self'"],
  'manifest-src': ["'self'"],
  'object-src': ["'none'"],
  'frame-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  // no text becomes markup or script, but the address of the engine's worker (src/workers/client.ts)
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['bitloom'],
}

export const contentSecurityPolicy = Object.entries(directives)
  .map(([name, sources]) => [name, ...sources].join(' '))
  .join('; ')
