import { run } from './run'
import { overdue, stopOnSignals } from './stop'

const signal = stopOnSignals()
// Dawn keeps the process alive with threads of its own.
Promise.race([run(process.argv.slice(2), signal), overdue(signal)]).then((code) => process.exit(code))
