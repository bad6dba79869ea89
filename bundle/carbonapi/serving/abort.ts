// Why work was given up, as an error for people.
import { OperatingError } from '../../core/errors.ts';

/** The reason a signal carries if it is one of ours, else that the client has gone away. */
export function abortReason(signal: AbortSignal): OperatingError {
  const reason: unknown = signal.reason;
  if (reason instanceof OperatingError) return reason;
  return new OperatingError('cancelled', 'the client has gone away');
}

/** Throws the reason if `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}
