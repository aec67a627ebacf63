import type { Metadata } from './metadata'

/** As the reader of configs allows. */
const MOST_LAYERS = 1000

/** Layers that see a window, by the list or the period that a file may have. */
function layerTypes(metadata: Metadata, name: string, layers: number): string[] | null {
  const key = `${name}.attention.sliding_window_pattern`
  if (!metadata.has(key) || layers > MOST_LAYERS) return null
  const list = metadata.flagsOrNumbers(key)
  const period = list ? 0 : metadata.need(key, metadata.count)
  if (list && list.length !== layers)
    throw metadata.error(key, `${layers} layers`, String(list.length), 'convert the model anew')
  // llama.cpp's set_swa_pattern: the last of each period sees all
  const sees = (layer: number) => (list ? Boolean(list[layer]) : period === 0 || layer % period < period - 1)
  return Array.from({ length: layers }, (_, layer) => (sees(layer) ? 'sliding_attention' : 'full_attention'))
}

/** The window, null where the file names none, and the layers that see it. llama.cpp itself asks for it of Gemma only. */
export function windowOptions(metadata: Metadata, name: string, layers: number) {
  const types = layerTypes(metadata, name, layers)
  const window = metadata.count(`${name}.attention.sliding_window`) || null
  return { sliding_window: window, ...(types && { layer_types: types }) }
}

/** Qwen's configs say apart whether a window is used, and from which layer on. */
export function qwenWindowOptions(metadata: Metadata, name: string, layers: number) {
  const options = windowOptions(metadata, name, layers)
  return options.sliding_window === null ? {} : { ...options, use_sliding_window: true, max_window_layers: 0 }
}
