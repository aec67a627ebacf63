import type { Inspection } from '../../inspection-records'

export const inspectWords = {
  kinds: {
    'hf-checkpoint': 'HF checkpoint',
    gguf: 'GGUF file',
    bitloom: 'packed Bitloom file',
    gptq: 'GPTQ checkpoint',
    'compressed-tensors': 'compressed-tensors checkpoint',
  } satisfies Record<Inspection['kind'], string> as Readonly<Record<Inspection['kind'], string>>,
  warnings: 'Warnings of the model',
  name: 'Name',
  architecture: 'Architecture',
  parameters: 'Parameters',
  size: 'Size',
  dtypes: 'Dtypes',
  bits: 'Bits a weight',
  cannotRun: 'This model cannot run here',
  none: 'none',
}
