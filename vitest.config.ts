import { configDefaults, defineConfig } from 'vitest/config'
import { savedVariables } from './scripts/environment.mjs'

// Before any worker starts: the Vulkan loader reads its variables from the process it finds itself in.
Object.assign(process.env, savedVariables())

const gpu = '**/*.gpu.test.ts'
const ui = ['src/ui/**/*.test.{ts,tsx}', 'src/state/**/*.test.{ts,tsx}']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,cli,test,bench}/**/*.test.ts', 'scripts/**/*.test.mjs'],
          exclude: [...configDefaults.exclude, ...ui, gpu],
        },
      },
      {
        test: {
          name: 'ui',
          include: ui,
          environment: 'happy-dom',
          // a page of many parts on a busy machine
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'gpu',
          include: [gpu],
          // One after another, each in its own process, after the other tests: a software GPU wants every core, and a file
          // that breaks its device must not take the next one down.
          sequence: { groupOrder: 1 },
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
