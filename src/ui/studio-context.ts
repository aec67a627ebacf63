import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { StudioState } from '../state/store'
import type { Studio } from '../state/studio'

export const StudioContext = createContext<Studio | null>(null)

export function useStudio(): Studio {
  const studio = useContext(StudioContext)
  if (!studio) throw new Error('bug in Bitloom: a part of the page is outside its StudioContext')
  return studio
}

/** One part of the state; the component draws again when that part changes. */
export const useStudioState = <T>(select: (state: StudioState) => T): T => useStore(useStudio().store, select)
