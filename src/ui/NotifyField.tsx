import { useRef, useState, useSyncExternalStore } from 'react'
import { CheckField } from './fields'
import { changeSettings, onSettings, settings } from './settings'
import { noticeWords as words } from './words/notices'

/** The browser is asked once, by the click that explains what for. */
export function NotifyField() {
  const { notify } = useSyncExternalStore(onSettings, settings)
  const [asking, setAsking] = useState(false)
  const latest = useRef(false)
  const [denied, setDenied] = useState(() => 'Notification' in window && Notification.permission === 'denied')
  if (!('Notification' in window)) return null
  const choose = async (wanted: boolean) => {
    latest.current = wanted
    setAsking(wanted)
    const allowed = wanted && (await Notification.requestPermission()) === 'granted'
    if (latest.current !== wanted) return
    setAsking(false)
    setDenied(wanted && !allowed)
    changeSettings({ notify: allowed })
  }
  return (
    <CheckField
      label={words.field}
      help={words.help}
      problem={denied && !asking ? words.denied : undefined}
      // while the browser asks, which may take as long as somebody thinks, the box is what was clicked
      value={asking || (notify === true && !denied)}
      onChange={(wanted) => void choose(wanted)}
    />
  )
}

/** In view of a run, for somebody who was never asked. */
export function NotifyOffer() {
  const [offered] = useState(() => settings().notify === null)
  return offered ? <NotifyField /> : null
}
