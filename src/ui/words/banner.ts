/** Between backquotes: what is typed as it stands. */
export const bannerWords = {
  stopped: 'The engine stopped',
  restartNote: 'A restart opens the same model again.',
  lostResult:
    'The maps and the report stay; the quantized model comes back where its run is kept, else it has to be run again.',
  restart: 'Restart engine',
  remedies: [
    {
      where: 'Browser',
      what: 'Chrome or Edge 121+, Safari 26+ on macOS 26 or iOS 26, Firefox 141+ on Windows or 145+ on macOS. Firefox on Linux and Android has no WebGPU yet.',
    },
    {
      where: 'Linux',
      what: "Start Chrome with `--enable-unsafe-webgpu --enable-features=Vulkan`, and install a Vulkan driver (`mesa-vulkan-drivers` or the vendor's own).",
    },
    {
      where: 'Settings',
      what: 'Graphics acceleration must be on. `chrome://gpu` names what blocks WebGPU; updating the graphics driver clears most of it.',
    },
    {
      where: 'No GPU at all',
      what: 'Start Chrome with `--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader`: slow, but enough for small models.',
    },
  ],
  still: 'Models can still be opened and inspected here; running one needs a GPU.',
  again: 'Look again',
}
