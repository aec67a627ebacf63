/** Text to token ids and back, by the model's own files. */
export interface Tokenizer {
  /** Token ids of the text, special tokens in it recognised; none is added unless `bos` asks for the first one. */
  encode(text: string, options?: { bos?: boolean }): number[]
  decode(ids: readonly number[]): string
  readonly bos: number | null
  /** Whether the model was trained with BOS before every text. */
  readonly addsBos: boolean
}
