import { roughly } from '../../duration'

/** Of a device that slept while a run was at work. */
export const sleepWords = {
  term: 'Asleep',
  help: 'The device slept, or the browser had frozen this tab. The run waited and went on; this time is not counted as work.',
  told: (seconds: number) => `${roughly(seconds)}, then went on`,
}
