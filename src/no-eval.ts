import { config } from 'zod/v4/core'

// Zod compiles its checks where it may. The page forbids that to every script, and browsers report each attempt.
config({ jitless: true })
