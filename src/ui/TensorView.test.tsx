import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { fakeEngine } from '../../test/fake-engine'
import { fakePicture } from '../../test/fake-model'
import { studioOn, workerOf } from '../../test/studio'
import { FormatError } from '../errors'
import type { TensorFacts } from '../file-records'
import type { ViewApi } from '../workers/view-api'
import { StudioContext } from './studio-context'
import { TensorView } from './TensorView'

afterEach(cleanup)

const facts: TensorFacts = {
  ...{ name: 'foreign.weight', type: 'type 137', shape: [16, 512], bytes: 8704, weights: 8192 },
  ...{ kind: 'other', place: null },
}

function look(tensor: TensorFacts, picture: ViewApi['picture']) {
  const api = { ...fakeEngine(), view: { picture, stop: async () => {} } }
  render(
    <StudioContext value={studioOn({ connect: () => workerOf(api) })}>
      <TensorView tensor={tensor} onClose={() => {}} />
    </StudioContext>,
  )
}

it.each([
  ['of a type that is not known', facts, 'Weights of type 137 cannot be drawn: that type is not known here.'],
  ['without weights', { ...facts, type: 'F16', shape: [0, 512] }, 'This tensor holds no weights.'],
] as const)('says of a tensor %s, calmly, that there is nothing to draw', async (_, tensor, says) => {
  look(tensor, async () => null)
  expect((await screen.findByRole('status')).textContent).toBe(says)
  expect(screen.queryByRole('alert')).toBeNull()
  expect(screen.queryByRole('application')).toBeNull()
})

it('draws what can be drawn, and tells what failed as a failure', async () => {
  look(facts, async (wish) => fakePicture(wish))
  expect(await screen.findByRole('application', { name: /^Heatmap of foreign\.weight/ })).toBeTruthy()
  expect(screen.queryByRole('status')).toBeNull()
  cleanup()
  look(facts, async () => {
    throw new FormatError('foreign.weight: expected 8704 bytes, got fewer — get the file anew')
  })
  expect((await screen.findByRole('alert')).textContent).toContain('expected 8704 bytes')
  expect(screen.queryByRole('status')).toBeNull()
})
