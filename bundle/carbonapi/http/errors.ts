// Which HTTP status an operating error has. The text goes to the user as it is.
import { OperatingError } from '../../core/errors.ts';
import { HttpError } from '../../core/http.ts';

const statusOfCode: Record<string, number> = {
  'too-busy': 429,
  'too-slow': 422,
  'store-unavailable': 503,
  'store-answer-too-large': 413,
  'too-many-series': 413,
  'too-many-points': 413,
  cancelled: 499,
};

/** The error as it has to be thrown to the HTTP layer, which answers 400 for the codes not listed. */
export function toHttpError(error: unknown): unknown {
  if (!(error instanceof OperatingError)) return error;
  const status = statusOfCode[error.code];
  return status === undefined ? error : new HttpError(status, error.message);
}
