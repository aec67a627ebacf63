import { formatInteger } from '../format'

export const failureWords = {
  more: (warnings: number) => `and ${formatInteger(warnings)} more`,
}
