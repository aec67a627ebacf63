import { run, type StopSignal } from './run'

/** The first signal lets a command put away what it has half done; the second one ends the program at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] satisfies StopSignal[]) process.once(signal, () => stop.abort(signal))
  return stop.signal
}

// Dawn keeps the process alive with threads of its own.
run(process.argv.slice(2), stopOnSignals()).then((code) => process.exit(code))
