import type { TaskKind } from '../../measurement-records'
import { formatInteger } from '../format'

/** What is asked in one item, for who wonders whether the file was understood. */
const ASKS: Readonly<Record<TaskKind, string>> = {
  choices: 'answers to a question',
  hellaswag: 'endings of a story',
  contexts: 'beginnings of a sentence',
  lastWord: 'the last word',
}

/** Zero-shot tasks: their files, and what both models make of them. */
export const tasksWords = {
  title: 'Zero-shot tasks',
  files: 'Task files',
  note: 'PIQA, ARC, HellaSwag, WinoGrande or LAMBADA: drop their .jsonl files here. Scored as lm-evaluation-harness does.',
  add: 'Add task files',
  added: 'Added tasks',
  items: (items: number, kind: TaskKind) => `${formatInteger(items)} × ${ASKS[kind]}`,
  remove: 'Remove',
  removeTask: (name: string) => `Remove ${name}`,
  limit: 'First items of each task, 0 for all',
  limitProblem: 'expected a whole number; 0 for all',
  scoreBoth: 'Score before and after',
  score: 'Score the tasks',
  cancel: 'Cancel',

  table: 'Accuracies',
  columns: {
    model: 'Model',
    recipe: 'Recipe',
    task: 'Task',
    items: 'Items',
    number: 'Number',
    before: 'Before',
    after: 'After',
    difference: 'Difference',
    codes: 'Codes',
    time: 'Time',
  },
  none: 'none',
  inPercent: (number: string) => `${number}, %`,
  errors: '± is the standard error; that of a difference counts only items whose answer turned right or wrong.',
}
