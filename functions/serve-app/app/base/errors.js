// What can go wrong with a call, and the words for it.

/** A refused or failed call: `status` (0 when nothing answered) and, for 422, `errors` by field. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {Api.FieldError[]} [errors]
   */
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/**
 * Whether a call was given up because its page was left.
 * @param {unknown} error
 */
export function isAborted(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}

/**
 * The words of an error for a person.
 * @param {unknown} error
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
