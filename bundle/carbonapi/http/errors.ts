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

/** A text quotes what the request said, which may be long. */
const textCharactersMax = 500;

const shortened = (text: string): string =>
  text.length > textCharactersMax ? `${text.slice(0, textCharactersMax)} …` : text;

/** The error as it has to be thrown to the HTTP layer; 400 for the codes not listed. */
export function toHttpError(error: unknown): unknown {
  if (!(error instanceof OperatingError)) return error;
  return new HttpError(statusOfCode[error.code] ?? 400, shortened(error.message));
}
