import './banner.css'
import { useStudio, useStudioState } from './studio-context'

/** What concerns the whole page: an engine that stopped, or no GPU at all. */
export function Banner() {
  const engine = useStudioState((state) => state.engine)
  if (engine.status === 'lost') return <Lost message={engine.failure.message} />
  if (engine.status === 'absent') return <NoGpu heading={engine.failure.heading} message={engine.failure.message} />
  return null
}

function Lost({ message }: { message: string }) {
  const studio = useStudio()
  const hasResult = useStudioState((state) => state.result !== null)
  return (
    <div className="banner" role="alert">
      <div>
        <h2>The engine stopped</h2>
        <p>{message}</p>
        <p className="quiet">
          A restart opens the same model again.
          {hasResult &&
            ' The maps and the report stay; the quantized model comes back where its run is kept, else it has to be run again.'}
        </p>
      </div>
      <button type="button" className="primary" onClick={() => void studio.restart()}>
        Restart engine
      </button>
    </div>
  )
}

function NoGpu({ heading, message }: { heading: string; message: string }) {
  const studio = useStudio()
  return (
    <div className="banner" role="alert">
      <div>
        <h2>{heading}</h2>
        <p>{message}</p>
        <dl className="remedies">
          <dt>Browser</dt>
          <dd>
            Chrome or Edge 121+, Safari 26+ on macOS 26 or iOS 26, Firefox 141+ on Windows or 145+ on macOS. Firefox on
            Linux and Android has no WebGPU yet.
          </dd>
          <dt>Linux</dt>
          <dd>
            Start Chrome with <code>--enable-unsafe-webgpu --enable-features=Vulkan</code>, and install a Vulkan driver
            (<code>mesa-vulkan-drivers</code> or the vendor's own).
          </dd>
          <dt>Settings</dt>
          <dd>
            Graphics acceleration must be on. <code>chrome://gpu</code> names what blocks WebGPU; updating the graphics
            driver clears most of it.
          </dd>
          <dt>No GPU at all</dt>
          <dd>
            Start Chrome with <code>--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader</code>: slow, but enough for
            small models.
          </dd>
        </dl>
        <p className="quiet">Models can still be opened and inspected here; running one needs a GPU.</p>
      </div>
      <button type="button" onClick={() => void studio.restart()}>
        Look again
      </button>
    </div>
  )
}
