import { useEffect } from 'react'

/**
 * Keeps the screen, and with it the device, from falling asleep while `active` and the page is in view, where the browser can;
 * it lets go by itself when the page is hidden.
 */
export function useAwake(active: boolean): void {
  useEffect(() => {
    const { wakeLock } = navigator as { wakeLock?: WakeLock }
    if (!active || !wakeLock) return
    let held: WakeLockSentinel | null = null
    let over = false
    const take = async () => {
      if (document.visibilityState !== 'visible' || (held && !held.released)) return
      // refused where the battery is low, or by a policy: then the device may sleep
      const taken = await wakeLock.request('screen').catch(() => null)
      if (over) void taken?.release()
      else held = taken
    }
    void take()
    document.addEventListener('visibilitychange', take)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', take)
      void held?.release()
    }
  }, [active])
}
