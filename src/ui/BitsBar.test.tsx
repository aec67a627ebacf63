import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { BitsBar } from './BitsBar'

const bits = { code: 1.125, scale: 0.01, index: 1.02, total: 2.155 }

it('shows what is stored, and what a paper counts beside it', () => {
  const published = { weight: 1.03, scale: 0.004, why: 'Group ids are not in it.' }
  const { container } = render(<BitsBar title="Bits a weight" bits={bits} published={published} />)
  expect(screen.getByText('2.155')).toBeTruthy()
  expect(container.textContent).toContain(
    'The paper’s count: 1.030 for weights, 0.004 for scales. Group ids are not in it.',
  )
})

it('says nothing of papers where they count the same', () => {
  const { container } = render(<BitsBar title="Bits a weight" bits={bits} published={null} />)
  expect(container.textContent).not.toContain('paper')
})
