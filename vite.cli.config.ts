import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const executable: Plugin = {
  name: 'executable',
  writeBundle: ({ dir }) => chmodSync(join(dir ?? '.', 'bitloom.mjs'), 0o755),
}

/** The command line as one file that needs Node and Dawn's addon, nothing else. */
export default defineConfig({
  plugins: [executable],
  ssr: { noExternal: true, external: ['webgpu'] },
  build: {
    ssr: 'cli/main.ts',
    outDir: 'dist-cli',
    copyPublicDir: false,
    target: 'node20',
    rolldownOptions: {
      output: { entryFileNames: 'bitloom.mjs', codeSplitting: false, banner: '#!/usr/bin/env node' },
    },
  },
})
