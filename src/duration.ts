/** About how long, no finer than a forecast can be: "a few seconds", "40 s", "12 min", "3.5 h". */
export function roughly(seconds: number): string {
  if (seconds < 5) return 'a few seconds'
  if (seconds < 57.5) return `${5 * Math.round(seconds / 5)} s`
  const minutes = seconds / 60
  if (minutes < 99.5) return `${Math.max(1, Math.round(minutes))} min`
  const hours = minutes / 60
  return `${hours < 9.75 ? Math.round(2 * hours) / 2 : Math.round(hours)} h`
}
