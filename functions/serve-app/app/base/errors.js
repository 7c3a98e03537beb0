// Errors of API calls and their messages.

/** A failed call: `status` (0 if there was no answer) and, for 422, `errors` by field. */
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
 * Whether a call was aborted because its page was left.
 * @param {unknown} error
 */
export function isAborted(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}

/**
 * The message of an error, for people.
 * @param {unknown} error
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
