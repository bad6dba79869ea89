// What went wrong at some stores while others answered: collected for each request, shown as a header.
import type { ServerResponse } from 'node:http';
import type { HttpRequest } from '../../core/http.ts';

export const partialHeader = 'x-carbonapi-partial';
const charactersMax = 500;

const warningsOf = new WeakMap<HttpRequest, Set<string>>();

/** Takes warnings that concern the answer to `request`. */
export function warnerOf(request: HttpRequest): (warning: string) => void {
  return (warning) => {
    const known = warningsOf.get(request);
    if (known === undefined) warningsOf.set(request, new Set([warning]));
    else known.add(warning);
  };
}

/** All warnings as one text; empty when there are none. */
export const joinWarnings = (warnings: Iterable<string>): string =>
  [...warnings].join('; ').slice(0, charactersMax);

export const partialHeaderValue = (warnings: string): string =>
  warnings.replace(/[^\x20-\x7e]/g, '?');

/** The warnings of `request`, set as the header if that is not sent yet; empty when there are none. */
export function showWarnings(request: HttpRequest, response: ServerResponse): string {
  const warnings = joinWarnings(warningsOf.get(request) ?? []);
  if (warnings !== '' && !response.headersSent)
    response.setHeader(partialHeader, partialHeaderValue(warnings));
  return warnings;
}
