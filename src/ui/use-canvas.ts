import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { readTheme } from './maps/colour'
import { type Draw, drawFigure, type Figure, figureSize, figureSvg } from './maps/figure'

export type { Draw } from './maps/figure'

/**
 * A canvas as wide as its parent, `height` CSS pixels high, sharp on any screen. Draws in the next frame after
 * anything changed: many changes in one frame draw once. Out of the page, as when another view is shown, it keeps its width and
 * what is drawn, and draws what came meanwhile once it is back.
 */
export function useCanvas(height: number, draw: Draw): { canvas: RefObject<HTMLCanvasElement | null>; width: number } {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [shown, setShown] = useState(false)
  const drawn = useRef<readonly unknown[]>([])
  const look = useLook()

  useLayoutEffect(() => {
    const parent = canvas.current?.parentElement
    if (!parent) return
    const spread = (wide: number) => {
      setShown(wide > 0)
      if (wide > 0) setWidth(wide)
    }
    // the observer tells it a frame later
    spread(contentWidth(parent))
    const observer = new ResizeObserver(([entry]) => spread(Math.floor(entry!.contentRect.width)))
    observer.observe(parent)
    return () => observer.disconnect()
  }, [])

  // `look` stands for colours and pixel ratio, read anew when drawing
  useEffect(() => {
    const element = canvas.current
    const now = [width, height, draw, look]
    if (!element || !shown || now.every((value, i) => value === drawn.current[i])) return
    const frame = requestAnimationFrame(() => {
      drawn.current = now
      const ratio = window.devicePixelRatio || 1
      element.width = Math.round(width * ratio)
      element.height = Math.round(height * ratio)
      element.style.width = `${width}px`
      element.style.height = `${height}px`
      const ctx = element.getContext('2d')
      if (!ctx) return
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
      draw(ctx, width, readTheme(element))
    })
    return () => cancelAnimationFrame(frame)
  }, [shown, width, height, draw, look])

  return { canvas, width }
}

function contentWidth(element: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(element)
  return Math.max(0, Math.floor(element.clientWidth - (parseFloat(paddingLeft) || 0) - (parseFloat(paddingRight) || 0)))
}

/** Changes whenever the theme or the pixel ratio may have. */
function useLook(): number {
  const [look, setLook] = useState(0)
  useEffect(() => {
    const changed = () => setLook((count) => count + 1)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const theme = new MutationObserver(changed)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    dark.addEventListener('change', changed)
    window.addEventListener('resize', changed)
    return () => {
      theme.disconnect()
      dark.removeEventListener('change', changed)
      window.removeEventListener('resize', changed)
    }
  }, [])
  return look
}

/** A figure as a PNG, twice as fine as CSS pixels, or as SVG, in the colours of the page around `host`. */
export async function pictureOf(host: Element, figure: Figure, kind: 'png' | 'svg'): Promise<Blob> {
  const theme = readTheme(host)
  if (kind === 'svg') return new Blob([figureSvg(figure, theme)], { type: 'image/svg+xml' })
  const scale = 2
  const { width, height } = figureSize(figure)
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = height * scale
  const ctx = canvas.getContext('2d')
  if (!ctx) throw new Error('bug in Bitloom: no 2d context for a picture')
  ctx.scale(scale, scale)
  drawFigure(ctx, figure, theme, (x, y) => ctx.translate(x, y))
  return new Promise((done, fail) =>
    canvas.toBlob(
      (blob) => (blob ? done(blob) : fail(new Error('png: the browser could not encode the picture'))),
      'image/png',
    ),
  )
}
