import type { Command } from '../command'
import { bench } from './bench'
import { cache } from './cache'
import { compare } from './compare'
import { evaluate } from './eval'
import { exportModel } from './export'
import { generate } from './generate'
import { inspect } from './inspect'
import { merge } from './merge'
import { plan } from './plan'
import { pull } from './pull'
import { push } from './push'
import { quantize } from './quantize'
import { report } from './report'
import { sensitivity } from './sensitivity'
import { verify } from './verify'

/** All commands, in the order in which one meets them. */
export const commands: readonly Command[] = [
  pull,
  inspect,
  quantize,
  plan,
  merge,
  evaluate,
  compare,
  sensitivity,
  generate,
  exportModel,
  verify,
  report,
  push,
  cache,
  bench,
]
