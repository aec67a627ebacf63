import { useEffect, useState } from 'react'
import { stepInView } from './use-address'

/** The step at the top of the window, by its id; followed a frame behind the scrolling. */
export function useStepInView(): string | null {
  const [step, setStep] = useState<string | null>(null)
  useEffect(() => {
    let frame = 0
    const look = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => setStep(stepInView()))
    }
    look()
    window.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
    return () => {
      cancelAnimationFrame(frame)
      window.removeEventListener('scroll', look)
      window.removeEventListener('resize', look)
    }
  }, [])
  return step
}
