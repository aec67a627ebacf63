import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { optionProblem } from '../state/recipe'
import type { OptionDescription } from '../workers/api'
import { OptionField } from './OptionField'

const option = (key: string): OptionDescription => fakeMethods[1]!.options.find((candidate) => candidate.key === key)!

function Form({ option: described, seen }: { option: OptionDescription; seen: unknown[] }) {
  const [value, setValue] = useState<unknown>(described.default)
  const change = (next: unknown) => {
    seen.push(next)
    setValue(next)
  }
  const problem = optionProblem(described, value) ?? undefined
  return <OptionField option={described} value={value} problem={problem} disabled={false} onChange={change} />
}

afterEach(cleanup)

describe('OptionField', () => {
  it('offers few choices side by side and answers with the value, not its text', () => {
    const seen: unknown[] = []
    render(<Form option={option('bits')} seen={seen} />)
    expect(screen.getAllByRole('radio')).toHaveLength(7)
    expect((screen.getByRole('radio', { name: '4' }) as HTMLInputElement).checked).toBe(true)
    fireEvent.click(screen.getByRole('radio', { name: '3' }))
    expect(seen).toEqual([3])
  })

  it('lets a number be typed and says what is wrong with it', () => {
    const seen: unknown[] = []
    render(<Form option={option('damping')} seen={seen} />)
    const input = screen.getByLabelText('Damping') as HTMLInputElement
    expect(input.value).toBe('0.01')
    fireEvent.change(input, { target: { value: '' } })
    expect(input.value).toBe('')
    expect(screen.getByText('expected a number')).toBeTruthy()
    fireEvent.change(input, { target: { value: '7' } })
    expect(screen.getByText('expected 0.0001 to 1')).toBeTruthy()
    expect(input.getAttribute('aria-invalid')).toBe('true')
    fireEvent.change(input, { target: { value: '0.05' } })
    expect(seen).toEqual([Number.NaN, 7, 0.05])
  })

  it('takes a text and shows an example of one', () => {
    const seen: unknown[] = []
    render(<Form option={fakeMethods[2]!.options.find(({ key }) => key === 'candidates')!} seen={seen} />)
    const input = screen.getByLabelText('Candidates') as HTMLInputElement
    expect(input.placeholder).toBe('1,2,3,4')
    fireEvent.change(input, { target: { value: 'two' } })
    expect(screen.getByText('expected something like 1,2,3,4')).toBeTruthy()
    expect(seen).toEqual(['two'])
  })

  it('ticks a yes-or-no option and ties the help to it', () => {
    const seen: unknown[] = []
    render(<Form option={option('actOrder')} seen={seen} />)
    const box = screen.getByLabelText('Activation order')
    fireEvent.click(box)
    expect(seen).toEqual([true])
    expect(document.getElementById(box.getAttribute('aria-describedby')!)?.textContent).toMatch(/static groups/)
  })
})
