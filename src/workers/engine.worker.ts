import '../no-eval'
import * as Comlink from 'comlink'
import type { EngineApi } from './api'
import { Engine } from './engine'
import { keepErrorFamilies } from './errors-transfer'

keepErrorFamilies()

const engine = new Engine(navigator.gpu)

/** The page's side of this is client.ts. A download's stream is handed over, not copied. */
Comlink.expose({
  start: () => engine.start(),
  methods: () => engine.methods(),
  offerFiles: (...args: Parameters<Engine['offerFiles']>) => engine.offerFiles(...args),
  openBundled: (...args: Parameters<Engine['openBundled']>) => engine.openBundled(...args),
  openCached: (...args: Parameters<Engine['openCached']>) => engine.openCached(...args),
  hub: engine.hub,
  view: engine.view,
  lookAtPile: () => engine.lookAtPile(),
  runs: engine.runs,
  forecast: (...args: Parameters<Engine['forecast']>) => engine.forecast(...args),
  quantize: engine.quantize,
  pause: () => engine.pause(),
  resume: () => engine.resume(),
  cancel: () => engine.cancel(),
  perplexity: engine.perplexity,
  divergence: engine.divergence,
  scan: engine.scan,
  inspectTask: (...args: Parameters<Engine['inspectTask']>) => engine.inspectTask(...args),
  zeroShot: engine.zeroShot,
  generate: engine.generate,
  weights: (...args: Parameters<Engine['weights']>) => engine.weights(...args),
  benchmarks: () => engine.benchmarks(),
  benchmark: engine.benchmark,
  download: async (...args: Parameters<Engine['download']>) => {
    const download = await engine.download(...args)
    return Comlink.transfer(download, [download.stream])
  },
  exportFacts: (...args: Parameters<Engine['exportFacts']>) => engine.exportFacts(...args),
  verify: engine.verify,
} satisfies EngineApi)
