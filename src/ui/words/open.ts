export const openWords = {
  nothing: 'nothing open',
  promise: 'Nothing leaves this machine, and nothing is fetched, unless you ask for it.',
  lead: 'Make language models smaller, on your own GPU, and see what every bit costs.',
  first: (title: string) => `Quantize ${title} now`,
  firstNote: (parameters: string, software: boolean) =>
    software
      ? `${parameters} that come with this page. This browser computes without a GPU: about a minute.`
      : `${parameters} that come with this page: opens the model, quantizes it, and draws every layer as it goes.`,
  dropFirst: 'Drop a model folder or files',
  dropAnother: 'Drop another model',
  dropMissing: 'Drop the missing files',
  dropNote:
    'config.json, tokenizer.json and *.safetensors, or a .gguf, or one packed Bitloom file. Anywhere on this page; files can be pasted, too.',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose folder',
  progress: (done: string, total: string) => `${done} of ${total}`,
  missingLabel: 'Missing files',
  missing: 'Still missing',
  missingBeside: (have: readonly string[]) => `beside ${have.join(', ')}:`,
  missingNote: 'Add them one by one or together; what is here is kept.',
  startOver: 'Start over',
  bundled: 'Bundled models',
  open: (title: string) => `Try ${title}`,
}
