import { addressText } from '../hub/address'
import type { CachedModel } from '../hub/cache'
import { Pace } from '../hub/pace'
import type { HubWish, PushWish } from '../workers/hub-api'
import { accessOf, type Context, EVERYTHING, occupy, patch, patchHub, refreshHub, setFailure } from './context'
import { isCancelled } from './failure'
import { ALL_OF_HUB, workWords } from './words'

interface Opens {
  openCached(folder: string, name: string): Promise<void>
}

/** Models from the Hub, and results to it. Downloads leave the engine free for other work. */
export function hubActions(context: Context, { openCached }: Opens) {
  const hub = () => context.store.getState().hub
  const api = () => context.engine.api.hub

  /** Does something beside the engine's work, and shows what failed with the first step. */
  const trying = async (work: () => Promise<void>): Promise<void> => {
    setFailure(context, 'open', null)
    try {
      await work()
    } catch (error) {
      if (!isCancelled(error)) setFailure(context, 'open', error)
    }
  }

  const refresh = () => refreshHub(context)

  const lookUp = (address: string) =>
    trying(async () => {
      patchHub(context, { looking: true, offer: null })
      try {
        const offer = await api().look(address, accessOf(context))
        patchHub(context, { offer, choice: offer.choices[0]!.id })
      } finally {
        patchHub(context, { looking: false })
      }
    })

  /** Takes another of what was looked up; its header is read the first time. */
  const chooseOffered = async (choice: string): Promise<void> => {
    patchHub(context, { choice })
    const { offer } = hub()
    const chosen = offer?.choices.find(({ id }) => id === choice)
    if (!offer || !chosen || chosen.preview || chosen.problem !== null || hub().describing === choice) return
    patchHub(context, { describing: choice })
    await trying(async () => {
      try {
        const wish = { address: wishAddress(offer.repo, offer.revision), choice }
        const described = await api().describe(wish, accessOf(context))
        const now = hub().offer
        // another model may have been looked up meanwhile
        if (now?.repo !== offer.repo || now.commit !== offer.commit) return
        const choices = now.choices.map((one) => (one.id === choice ? described : one))
        patchHub(context, { offer: { ...now, choices } })
      } finally {
        if (hub().describing === choice) patchHub(context, { describing: null })
      }
    })
  }

  /** Settles when the download under way has let go of its files. */
  let underWay: Promise<void> = Promise.resolve()

  const fetchWish = (wish: HubWish): Promise<void> => {
    if (!hub().fetching) underWay = fetching(wish)
    return underWay
  }

  const fetching = async (wish: HubWish): Promise<void> => {
    const pace = new Pace()
    const start = { ...wish, file: '', done: 0, total: 0, bytesPerSecond: null, secondsLeft: null }
    patchHub(context, { fetching: { ...start, notes: [], stopping: false } })
    await trying(async () => {
      // what was removed made room for this, or is this
      await context.undoing.settle()
      try {
        const folder = await api().fetch(wish, accessOf(context), ({ file, done, total, note }) => {
          const now = hub().fetching
          if (!now) return
          const notes = note === null ? now.notes : [...now.notes, note]
          const told = pace.tell(done, total) ?? { bytesPerSecond: null, secondsLeft: null }
          patchHub(context, { fetching: { ...now, file, done, total, notes, ...told } })
        })
        patchHub(context, { fetching: null, offer: null })
        await refresh()
        const model = hub().cached.find((candidate) => candidate.folder === folder)
        // the engine may be at work on another model meanwhile: then it waits in the list
        if (model && context.store.getState().busy === null) await openFetched(model)
      } finally {
        patchHub(context, { fetching: null })
        await refresh()
      }
    })
  }

  /** What was looked up and chosen. */
  const fetchOffered = async (): Promise<void> => {
    const { offer, choice } = hub()
    if (!offer) return
    await fetchWish({ address: wishAddress(offer.repo, offer.revision), choice })
  }
  const resumeFetch = ({ repo, revision, choice }: CachedModel) =>
    fetchWish({ address: wishAddress(repo, revision), choice })

  /** What is here is kept, and can be gone on with, even after the page was closed. */
  const pauseFetch = async (): Promise<void> => {
    const now = hub().fetching
    if (now) patchHub(context, { fetching: { ...now, stopping: true } })
    await api().stop('fetch')
    await underWay
  }

  const openFetched = ({ folder, repo, choice }: CachedModel) =>
    openCached(folder, (choice || repo).replace(/^.*\//, '').replace(/\.(safetensors|gguf)$/, ''))

  const clear = (folder: string | null) => trying(() => api().clear(folder))

  /** One model, or with null everything. */
  const clearFetched = (model: CachedModel | null) =>
    context.undoing.remove({
      key: model ? `hub/${model.folder}` : EVERYTHING,
      what: model ? addressText(model) : ALL_OF_HUB,
      remove: () => clear(model?.folder ?? null),
      refresh,
    })

  /** Throws away what is here of a download under way. */
  const cancelFetch = async (): Promise<void> => {
    const wish = hub().fetching
    await pauseFetch()
    const meant = ({ repo, revision, choice, complete }: CachedModel) =>
      !complete && wishAddress(repo, revision) === wish?.address && choice === wish.choice
    for (const { folder } of hub().cached.filter(meant)) await clear(folder)
    await refresh()
  }

  const draftAddress = (address: string): void => patchHub(context, { address })

  const setHubToken = (token: string): void => {
    context.hubToken = token.trim() || null
  }

  const push = (wish: PushWish) =>
    occupy(context, 'take', 'save', async () => {
      patchHub(context, { pushed: null })
      const work = { label: workWords.uploading.sending(wish.repo), phase: null, done: 0, total: 0 }
      patch(context, { work })
      const pushed = await api().push(wish, accessOf(context), ({ phase, done, total }) =>
        patch(context, { work: { ...work, label: workWords.uploading[phase](wish.repo), done, total } }),
      )
      patchHub(context, { pushed })
    })

  return {
    ...{ lookUp, chooseOffered, fetchOffered, resumeFetch, pauseFetch, cancelFetch },
    ...{ openFetched, clearFetched, draftAddress, setHubToken, push, stopPush: () => api().stop('push') },
  }
}

const wishAddress = (repo: string, revision: string) => addressText({ repo, revision })
