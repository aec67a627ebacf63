import { FormatError } from '../errors'

/** A model folder holds dozens of files; someone who drops a home folder is told so instead of waiting. */
const MOST_FILES = 2000

/**
 * All files of a drop, folders opened to any depth. The entries are taken at once, since a drop's items are gone
 * after the event; reading them comes later.
 */
export function filesOfDrop(transfer: DataTransfer): () => Promise<File[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file')
  const roots = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile())
  return async () => {
    const files: File[] = []
    for (const root of roots) if (root) await collect(root, files)
    return files
  }
}

/** What the dropped folder is called; null where lone files were dropped. */
export function folderOfDrop(transfer: DataTransfer): string | null {
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.())
  return roots.find((root) => root?.isDirectory)?.name ?? null
}

/** What the folder is called that was chosen with a picker; null where files were chosen. */
export const folderOfChoice = ([first]: readonly File[]): string | null =>
  first?.webkitRelativePath?.split('/')[0] || null

async function collect(root: FileSystemEntry | File, files: File[]): Promise<void> {
  if (files.length >= MOST_FILES)
    throw new FormatError(
      `drop: expected a model's folder, got more than ${MOST_FILES} files — drop the folder that holds config.json`,
    )
  if (root instanceof File) files.push(root)
  else if (root.isFile) files.push(await fileOf(root as FileSystemFileEntry))
  else if (root.isDirectory && !root.name.startsWith('.'))
    for (const entry of await entriesOf(root as FileSystemDirectoryEntry)) await collect(entry, files)
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((done, fail) => entry.file(done, fail))

/** A folder's reader hands out its entries in batches and ends with an empty one. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail))
    if (batch.length === 0) return all
    all.push(...batch)
  }
}
