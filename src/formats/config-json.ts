/** Member of config.json that says how its weights are quantized; transformers, vLLM and GPTQModel look there. */
export const quantizationKey = 'quantization_config'

/**
 * The text of a config.json with another `quantization_config`, or none. Every other member keeps its text: a strict reader
 * takes 10000.0 for a float and 10000 for none.
 */
export function withQuantization(config: Uint8Array, quantization: object | null): Uint8Array {
  const json = new TextDecoder().decode(config)
  const all = [...members(json)]
  const others = all.filter(({ key }) => key !== quantizationKey)
  if (!quantization && others.length === all.length) return config
  const texts = others.map(({ start, end }) => json.slice(start, end).trimEnd())
  if (quantization) {
    const value = JSON.stringify(quantization, null, 2).replaceAll('\n', '\n  ')
    texts.push(`"${quantizationKey}": ${value}`)
  }
  return new TextEncoder().encode(`{\n  ${texts.join(',\n  ')}\n}\n`)
}

/** Where the members of the object that a valid JSON text is lie in it. */
function* members(json: string): Generator<{ key: string; start: number; end: number }> {
  let depth = 0
  let start = -1
  let key = ''
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '"') {
      const from = i
      while (json[++i] !== '"') if (json[i] === '\\') i++
      if (depth !== 1 || start >= 0) continue
      start = from
      key = JSON.parse(json.slice(from, i + 1)) as string
    } else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']' || (character === ',' && depth === 1)) {
      if (depth === 1 && start >= 0) yield { key, start, end: i }
      if (depth === 1) start = -1
      if (character !== ',') depth--
    }
  }
}
