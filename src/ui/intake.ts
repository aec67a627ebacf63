import type { Studio } from '../state/studio'
import { showStudio } from './view'

/** Larger than any recipe. */
const MOST_BYTES = 1_000_000

const HUB_ADDRESS = /^(?:https?:\/\/(?:huggingface\.co|hf\.co)\/)?[\w.-]{1,96}\/[\w.-]{1,96}(?:[@/][\w./-]{0,300})?$/

/**
 * What a text that was pasted or dropped on the page is: a recipe goes to the form, the name of a model to the field of the Hub,
 * where nothing is asked before its button is pressed. False for any other text.
 */
export function takeText(studio: Studio, text: string): boolean {
  const trimmed = text.trim()
  if (isRecipe(trimmed)) {
    void studio.loadRecipe(new File([trimmed], 'pasted.json'))
    showStudio('step-recipe')
    return true
  }
  if (!HUB_ADDRESS.test(trimmed)) return false
  studio.draftAddress(trimmed)
  showStudio('step-open')
  document.querySelector<HTMLElement>('.hub-look input')?.focus()
  return true
}

/** Files that were dropped, pasted or opened with the installed page: a saved recipe, or a model's. */
export async function takeFiles(
  studio: Studio,
  read: () => Promise<File[]>,
  folder: string | null = null,
): Promise<void> {
  const files = await read().catch(() => null)
  const [only] = files?.length === 1 ? files : []
  if (only && /\.json$/i.test(only.name) && only.size <= MOST_BYTES && isRecipe(await only.text())) {
    showStudio('step-recipe')
    return studio.loadRecipe(only)
  }
  showStudio('step-open')
  // what could not be read fails again, and is told where a model is opened
  return studio.offer(files ?? read, folder)
}

/** By its looks; whether it is a good one is for its reader to say. */
const isRecipe = (text: string): boolean =>
  text.length <= MOST_BYTES && /^\s*\{/.test(text) && /"method"\s*:/.test(text) && /"calibration"\s*:/.test(text)
