import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { contentSecurityPolicy } from './scripts/csp.mjs'
import { offline } from './scripts/offline.mjs'

/** Puts the security policy into the built page, which then holds on any static host; the dev server's own inline scripts would break it. */
const policyTag: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
}

export default defineConfig({
  // Relative, so that the built page may live in any folder of a host.
  base: './',
  plugins: [react(), policyTag, offline],
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        // what the engine needs with its first model comes in a few parts side by side
        strictExecutionOrder: true,
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'zod', test: /node_modules\/zod/ },
            { name: 'methods', test: /src\/(methods|autograd)\// },
            { name: 'pipeline', test: /src\/(pipeline|hub|models|formats\/(gguf|bitloom))\// },
            { name: 'text', test: /node_modules\/@huggingface/ },
          ],
        },
      },
    },
  },
  // The policy allows no data: URLs but images, so nothing is inlined.
  build: { target: 'es2022', assetsInlineLimit: 0, rolldownOptions: { checks: { pluginTimings: false } } },
})
