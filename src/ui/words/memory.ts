/** What a run will take of the device. */
export const memoryWords = {
  label: 'Memory forecast',
  peak: 'GPU memory at the peak',
  parts: { weights: 'Weights', hessians: 'Hessians', activations: 'Activations' },
  binding: 'Largest binding',
  bindingOf: (bytes: string, limit: string, share: string) => `${bytes} of ${limit}, ${share}`,
  host: 'Host memory at the peak',
  disk: 'Written to disk',
  elsewhere: {
    host: 'Hidden states between blocks are kept in host memory: they do not fit on the GPU.',
    disk: 'Hidden states between blocks are kept on disk: they fit neither on the GPU nor in host memory.',
  },
}
