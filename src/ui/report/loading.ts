import type { ExportFormat } from '../../pipeline/exports'

/** How a file or folder of a format is put to use elsewhere. */
export interface Loading {
  readonly software: string
  /** What must be there first; empty where nothing is. */
  readonly install: string
  readonly commands: string
}

/** A shell's word, whatever the name. */
const word = (name: string): string => (/^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`)
/** Python's string. */
const quoted = (name: string): string => JSON.stringify(name)

const transformers = (folder: string, install: string): Loading => ({
  ...{ software: 'transformers', install },
  commands: `from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(${quoted(folder)})
model = AutoModelForCausalLM.from_pretrained(${quoted(folder)}, device_map="auto")
inputs = tokenizer("The sea was", return_tensors="pt").to(model.device)
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=24)[0]))`,
})

const vllm = (folder: string): Loading => ({
  ...{ software: 'vLLM', install: 'pip install vllm' },
  commands: `vllm serve ${word(`./${folder}`)}`,
})

const llamaCpp = (file: string): Loading => ({
  ...{ software: 'llama.cpp', install: '' },
  commands: `llama-cli -m ${word(file)} -p "The sea was" -n 24
llama-server -m ${word(file)}
llama-perplexity -m ${word(file)} -f text.txt -c 512`,
})

/** Commands that load what is written in this format, by its usual name after `base`. */
export function loadings(format: ExportFormat, base: string): readonly Loading[] {
  const folder = `${base}-${format}`
  switch (format) {
    case 'packed':
      return [
        {
          ...{ software: 'Bitloom', install: '' },
          commands: `bitloom generate ${word(`${base}.safetensors`)} --prompt "The sea was"
bitloom eval ${word(`${base}.safetensors`)} --text text.txt --protocol windows:512`,
        },
      ]
    case 'gguf':
    case 'gguf-q8_0':
      return [llamaCpp(`${base}.gguf`)]
    case 'gptq':
      return [vllm(folder), transformers(folder, 'pip install transformers accelerate optimum gptqmodel')]
    case 'gptq-v2':
      return [
        {
          ...{ software: 'GPTQModel', install: 'pip install gptqmodel' },
          commands: `from gptqmodel import GPTQModel
model = GPTQModel.load(${quoted(folder)})
print(model.tokenizer.decode(model.generate("The sea was")[0]))`,
        },
      ]
    case 'compressed-tensors':
      return [vllm(folder), transformers(folder, 'pip install transformers accelerate compressed-tensors')]
    default:
      return [transformers(folder, 'pip install transformers accelerate'), vllm(folder)]
  }
}
