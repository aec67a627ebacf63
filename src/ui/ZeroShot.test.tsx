import { act, cleanup, createEvent, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { openPage } from '../../test/page'

afterEach(cleanup)

async function open() {
  const studio = await openPage({ hardware: true })
  await act(() => studio.openBundled('wren-nano'))
  return studio
}

const tasks = () => within(screen.getByRole('region', { name: 'Zero-shot tasks' }))

it('adds files with its button, scores both models, and shows accuracies with their errors', async () => {
  const studio = await open()
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  const files = [new File(['x'], 'piqa.jsonl'), new File(['x'], 'lambada.jsonl')]
  await act(async () => fireEvent.change(tasks().getByLabelText('Add task files'), { target: { files } }))
  expect(tasks().getByText('40 × answers to a question')).toBeTruthy()
  fireEvent.change(tasks().getByLabelText(/^First items of each task/), { target: { value: '12' } })
  await act(async () => fireEvent.click(tasks().getByRole('button', { name: 'Score before and after' })))
  await vi.waitFor(() => expect(tasks().getAllByRole('row')).toHaveLength(5))
  const cells = (row: number) =>
    within(tasks().getAllByRole('row')[row]!)
      .getAllByRole('cell')
      .map((cell) => cell.textContent)
  expect(cells(1).slice(2, 9)).toEqual([
    ...['piqa', '12', 'acc, %', '66.67 ± 14.21', '75.00 ± 13.06', '+8.33 ± 19.30', 'stored'],
  ])
  expect(cells(4).slice(2, 8)).toEqual(['lambada', '12', 'perplexity', '31.25', '35.50', '+4.25'])
  await act(async () => fireEvent.click(tasks().getByRole('button', { name: 'Remove piqa' })))
  expect(tasks().queryByText('40 × answers to a question')).toBeNull()
})

it('takes files that are dropped on it, which the page then does not open as a model', async () => {
  const studio = await open()
  const offer = vi.spyOn(studio, 'offer')
  const file = new File(['x'], 'winogrande.jsonl')
  const dataTransfer = { types: ['Files'], items: [{ kind: 'file', getAsFile: () => file }], dropEffect: '' }
  const drop = createEvent.drop(tasks().getByRole('group', { name: 'Task files' }), { dataTransfer })
  await act(async () => fireEvent(tasks().getByRole('group', { name: 'Task files' }), drop))
  await vi.waitFor(() => expect(tasks().getByText('40 × beginnings of a sentence')).toBeTruthy())
  expect(drop.defaultPrevented).toBe(true)
  expect(offer).not.toHaveBeenCalled()
})
