// The contract of a way to carry bytes to a Graphite server. To add one: a file here and a line in
// index.ts. Queueing, spooling and retries are destination.ts's, the same for all.

export interface TlsOptions {
  /** Files in PEM form; empty for none. */
  ca: string;
  certificate: string;
  key: string;
  /** Name the server's certificate must bear; the host when empty. */
  serverName: string;
  /** false accepts any certificate. */
  verify: boolean;
}

export interface CarrierOptions {
  host: string;
  port: number;
  tls: TlsOptions;
}

export interface CarrierEvents {
  onOpen(): void;
  /** All that was written has left this process. */
  onDrain(): void;
  /** Called once, also when it never opened; nothing follows it. */
  onClose(reason: string): void;
}

export interface Connection {
  /** Takes whole lines (or frames); before onOpen and after onClose it must not be called. */
  write(bytes: Uint8Array): void;
  /** Written but still in this process. */
  pendingBytes(): number;
  /** Sends what is pending for at most `deadlineMs`, then closes; idempotent. */
  close(deadlineMs: number): Promise<void>;
}

export interface Carrier {
  protocol: string;
  /** Keeps order and tells of loss: what was sent shortly before a break is sent again. */
  isStream: boolean;
  connect(options: CarrierOptions, events: CarrierEvents): Connection;
}
