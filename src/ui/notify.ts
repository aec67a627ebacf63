/**
 * Shows a notification of the system, by the service worker where there is one: phones know no other way, and the worker
 * finds the tab again by a click. Nothing is shown where the browser does not let it.
 */
export async function notify(title: string, options: NotificationOptions): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    if (registration?.active) return await registration.showNotification(title, options)
    const notice = new Notification(title, options)
    notice.onclick = () => {
      window.focus()
      notice.close()
    }
  } catch {
    // it was asked for, but it is not what the page is for
  }
}
