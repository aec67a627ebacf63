const text = (value: string) => Array.from(value, (character) => character.charCodeAt(0))

/** First bytes of what people drop instead of a safetensors file; what it is and what to do instead. */
const signatures: { magic: number[]; says: string }[] = [
  { magic: text('GGUF'), says: 'a GGUF file — name it .gguf and drop it alone' },
  { magic: text('version https://git-lfs'), says: 'a Git LFS pointer, not the file itself — run `git lfs pull` first' },
  {
    magic: [0x50, 0x4b, 3, 4],
    says: 'a zip archive or PyTorch checkpoint — unzip it, or save the model as safetensors',
  },
  { magic: [0x80, 2], says: 'a PyTorch pickle — save the model as safetensors (`save_pretrained`) first' },
  { magic: [0x80, 4], says: 'a Python pickle — save the model as safetensors (`save_pretrained`) first' },
  { magic: [0x1f, 0x8b], says: 'a gzip archive — unpack it first' },
  { magic: [0x89, ...text('PNG')], says: 'a PNG image — drop the model files' },
  { magic: [0xff, 0xd8, 0xff], says: 'a JPEG image — drop the model files' },
  { magic: text('GIF8'), says: 'a GIF image — drop the model files' },
  { magic: text('RIFF'), says: 'an image, sound or film — drop the model files' },
  { magic: text('%PDF'), says: 'a PDF document — drop the model files' },
  { magic: [0x89, ...text('HDF')], says: 'an HDF5 (Keras) file — save the model as safetensors first' },
  { magic: [0x93, ...text('NUMPY')], says: 'a NumPy array — save the model as safetensors first' },
  { magic: text('ggml'), says: 'an old GGML file — drop the safetensors checkpoint that it was made from' },
]

/** Longest prefix that `recognise` looks at. */
export const sniffBytes = 64

/** Names foreign bytes by their beginning: "a GGUF file — …"; null for what is not known. */
export function recognise(head: Uint8Array): string | null {
  const known = signatures.find(({ magic }) => magic.every((byte, i) => head[i] === byte))
  if (known) return known.says
  // An ONNX model is a bare protobuf: field 1 (ir_version, small), then field 2 (producer_name).
  if (head[0] === 0x08 && head[1]! < 0x20 && head[2] === 0x12)
    return 'an ONNX model — drop the safetensors checkpoint that it was made from'
  const start = String.fromCharCode(...head.subarray(0, sniffBytes))
    .trimStart()
    .toLowerCase()
  if (start.startsWith('<!doctype') || start.startsWith('<html'))
    return 'a web page, probably an error page saved by a download — fetch the file again'
  if (start.startsWith('{') || start.startsWith('[')) return 'JSON text, not weights — drop the file under its own name'
  return null
}
