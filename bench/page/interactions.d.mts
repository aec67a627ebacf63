export interface ToldEvent {
  readonly name: string
  readonly interactionId: number | string
  readonly duration: number
}

export function interactions<E extends ToldEvent>(
  events: readonly E[],
  count: number,
): { readonly count: number; readonly untold: number; readonly durations: number[]; readonly worst: E | null }
