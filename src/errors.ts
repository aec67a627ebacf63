import { shortened, visible } from './visible'

/** More than any message of ours; what it quotes from a file may have any length. */
const LONGEST_MESSAGE = 2000

/**
 * Every failure a person can meet belongs to one of these families. A message reads
 * "where: expected …, got … — do this", so that it stands alone in the page and on the command line.
 */
export abstract class BitloomError extends Error {
  abstract override readonly name: string

  constructor(message: string) {
    super(visible(shortened(message, LONGEST_MESSAGE)))
  }
}

/** No usable WebGPU adapter on this machine. */
export class GpuUnavailableError extends BitloomError {
  readonly name = 'GpuUnavailableError'
}

/** The adapter exists but the work does not fit its limits, or what memory was granted. */
export class GpuLimitError extends BitloomError {
  readonly name = 'GpuLimitError'
}

/** What memory the GPU has ran out in the middle of work; with less at once it may do. */
export class GpuOutOfMemoryError extends BitloomError {
  readonly name = 'GpuOutOfMemoryError'
}

/** The device went away (driver reset, removed GPU, closed tab); everything on it is gone. */
export class DeviceLostError extends BitloomError {
  readonly name = 'DeviceLostError'
}

/** A file, a recipe or an option is not what its format says. */
export class FormatError extends BitloomError {
  readonly name = 'FormatError'
}

/** A computation left the numbers that mean something: NaN, infinity, a non-positive pivot. */
export class NumericalError extends BitloomError {
  readonly name = 'NumericalError'
}

/** A place to write refused: it exists already, it is full, it may not be written. */
export class StorageError extends BitloomError {
  readonly name = 'StorageError'
}

/** A server cannot be reached, or refused, or sent something else than it promised. */
export class NetworkError extends BitloomError {
  readonly name = 'NetworkError'
}

/** The person asked to stop; not a failure. */
export class CancelledError extends BitloomError {
  readonly name = 'CancelledError'
}

const families = {
  GpuUnavailableError,
  GpuLimitError,
  GpuOutOfMemoryError,
  DeviceLostError,
  FormatError,
  NumericalError,
  StorageError,
  NetworkError,
  CancelledError,
}
export type ErrorFamily = keyof typeof families

/** Rebuilds a typed error from the plain record that crosses a thread or process boundary. */
export function errorFrom(record: { name: string; message: string; stack?: string | undefined }): Error {
  const Family = Object.hasOwn(families, record.name)
    ? (families[record.name as ErrorFamily] as new (
        message: string,
      ) => BitloomError)
    : undefined
  const error = Family ? new Family(record.message) : new Error(record.message)
  if (record.stack) error.stack = record.stack
  return error
}

/** For our own mistakes: a broken invariant is a bug in Bitloom, never the user's doing. */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(`bug in Bitloom: ${typeof message === 'string' ? message : message()}`)
}
