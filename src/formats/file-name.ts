import { invariant } from '../errors'

const LONGEST = 100
/** Names that mean a device to Windows, whatever ending they have. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** What a model is called, whoever called it so, as part of a file's name that every system takes. */
export function plainName(text: string): string {
  const plain = text
    .slice(0, 4 * LONGEST)
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^[-._]+|[-._]+$/g, '')
  return DEVICE.test(plain) ? `model-${plain}` : plain || 'model'
}

/** Whether a name stays inside its folder on every system, and shows as what it is. */
export const isPlainName = (name: string): boolean =>
  /^[^\\/:*?"<>|\p{C}]{1,200}$/u.test(name) && !/[. ]$/.test(name) && !DEVICE.test(name)

/** For whoever writes files under names that were checked long before: a bug must not leave the folder. */
export function checkName(name: string): void {
  invariant(isPlainName(name), `the file name ${JSON.stringify(name.slice(0, 80))}`)
}
