import { expect, it } from 'vitest'
import { filesOfDrop, folderOfChoice, folderOfDrop } from './files'

const file = (name: string) => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (done: (file: File) => void) => done(new File(['x'], name)),
})

/** A folder whose reader hands out one entry at a time, as browsers may. */
const folder = (name: string, ...entries: object[]) => ({
  name,
  isFile: false,
  isDirectory: true,
  createReader: () => {
    const rest = [...entries]
    return { readEntries: (done: (batch: object[]) => void) => done(rest.splice(0, 1)) }
  },
})

const drop = (...roots: object[]) =>
  ({
    items: roots.map((root) => ({
      kind: 'file',
      webkitGetAsEntry: () => (root instanceof File ? null : root),
      getAsFile: () => (root instanceof File ? root : null),
    })),
  }) as unknown as DataTransfer

const namesOf = async (...roots: object[]) => (await filesOfDrop(drop(...roots))()).map(({ name }) => name)

it('opens folders to any depth, takes lone files and skips hidden folders', async () => {
  const model = folder(
    'wren',
    file('config.json'),
    folder('weights', file('a.safetensors')),
    folder('.git', file('HEAD')),
  )
  expect(await namesOf(model, file('tokenizer.json'))).toEqual(['config.json', 'a.safetensors', 'tokenizer.json'])
})

it('takes files where the browser has no entries', async () => {
  expect(await namesOf(new File(['x'], 'plain.json'))).toEqual(['plain.json'])
})

it('refuses a folder that cannot be one model', async () => {
  const home = folder('home', ...Array.from({ length: 2001 }, (_, index) => file(`${index}`)))
  await expect(namesOf(home)).rejects.toThrow(/got more than 2000 files — drop the folder/)
})

it('knows what the folder is called', () => {
  expect(folderOfDrop(drop(folder('wren', file('config.json'))))).toBe('wren')
  expect(folderOfDrop(drop(file('config.json'), file('model.safetensors')))).toBeNull()
  const chosen = Object.defineProperty(new File(['x'], 'config.json'), 'webkitRelativePath', {
    value: 'tiny/config.json',
  })
  expect(folderOfChoice([chosen])).toBe('tiny')
  expect(folderOfChoice([new File(['x'], 'config.json')])).toBeNull()
})
