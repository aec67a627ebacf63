// the whole file, since Node gives JSON no named exports
import about from '../package.json' with { type: 'json' }

export const { version } = about
