import { FormatError } from '../errors'
import type { TensorWish } from '../file-records'
import type { Viewed } from '../formats/viewed'
import { tensorPicture } from '../pipeline/tensor-picture'
import type { ViewApi } from './view-api'

/** Pictures of the tensors of the files that are open, one at a time, the latest that was asked for. */
export class ViewDesk implements ViewApi {
  #viewed: Viewed | null = null
  #stop = new AbortController()

  show(viewed: Viewed): void {
    this.#stop.abort()
    this.#viewed = viewed
  }

  picture: ViewApi['picture'] = async ({ name, ...wish }: TensorWish, onProgress) => {
    this.#stop.abort()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    const tensor = this.#viewed?.tensors.get(name)
    if (!tensor && !this.#viewed?.facts.tensors.some((one) => one.name === name))
      throw new FormatError(
        `tensor ${name.slice(0, 80)}: expected one of the open files, got none of that name — look at another`,
      )
    if (!tensor || tensor.rows * tensor.columns === 0) return null
    return tensorPicture(tensor, wish, { signal, onProgress })
  }

  async stop() {
    this.#stop.abort()
  }
}
