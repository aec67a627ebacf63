import { formatBytes } from '../format'
import { plural } from './counts'

/** Where a text to calibrate or measure on comes from. */
export const textsWords = {
  notLoaded: (name: string) => `'${name}' is not loaded: choose that file`,
  bundled: (license: string, source: string, bytes: number) => `${license}; from ${source}. ${formatBytes(bytes)}.`,
  ofHub: (license: string, dataset: string) =>
    `${license}; ${dataset} on the Hugging Face Hub. Downloaded when it is first used, then kept.`,
  choose: 'Choose a text',
  fromHub: 'From the Hugging Face Hub',
  downloads: (title: string, bytes: number) => `${title} (downloads ${formatBytes(bytes)})`,
  own: (name: string, bytes: number) => `${name} (${formatBytes(bytes)})`,
  downloading: (name: string) => `Downloading ${name}`,
  rows: (done: number, total: number) => `${done} of ${plural(String(total), 'row')}`,
  ownFile: { calibration: 'Calibrate on your own text file', evaluation: 'Measure on your own text file' },
}
