import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { openPage } from '../../test/page'
import { savedFiles } from '../../test/studio'

afterEach(cleanup)

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

it('writes plain numbers into every CSV file of a finished run', async () => {
  const { saved, save } = savedFiles()
  const studio = await openPage({}, { save })
  await act(() => studio.openBundled('wren-3m'))
  await studio.addText(new File(['words'], 'mine.txt'))
  await act(async () => studio.chooseMethod('mg-ptq'))
  studio.setRecipe({ calibration: { ...studio.store.getState().recipe!.calibration, text: 'mine.txt' } })
  await act(() => studio.sweep('allocator', ['greedy', 'gcn'], false))
  await act(async () => fireEvent.click(screen.getByRole('radio', { name: 'Run 2 as A' })))
  await act(async () => fireEvent.click(screen.getByRole('radio', { name: 'Run 1 as B' })))
  await screen.findByRole('application', { name: /^Codes of / })
  for (const table of document.querySelectorAll<HTMLDetailsElement>('details.figure-table')) {
    table.open = true
    await act(async () => fireEvent(table, new Event('toggle')))
  }
  const buttons = screen.getAllByRole('button', { name: /\bCSV$/ })
  for (const [done, button] of buttons.entries()) {
    await act(async () => fireEvent.click(button))
    await waitFor(() => expect(saved).toHaveLength(done + 1))
  }
  const kinds = saved.map(({ name }) => /(\w+(-by-\w+|-bits)?)\.csv$/.exec(name)![1])
  expect(kinds).toEqual([
    ...['modules', 'q_proj', 'output-by-module', 'widths', 'errors-by-kind', 'difference-by-module'],
    ...['weights', 'errors', 'levels', 'codes', 'saliency-bits', 'outliers', 'largest'],
  ])
  for (const { name, text } of saved)
    for (const cell of text.trimEnd().split('\n').slice(1).flatMap(cellsOf))
      expect(cell, name).toMatch(/^$|^-?\d+(\.\d+)?(e[+-]\d+)?$|^[^\u2212%×±]*[a-z][^\u2212%×±]*$/)
  expect(saved.some(({ text }) => /,-\d/.test(text))).toBe(true)
})
