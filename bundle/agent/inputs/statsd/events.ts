// DogStatsD events become Graphite events: one POST each, a bounded number under way.
import type { ClientRequest } from 'node:http';
import type { DogEvent } from './packet.ts';

const underWayMax = 16;
const timeoutMs = 5000;

export interface EventSender {
  send(event: DogEvent): void;
  readonly sent: number;
  /** Refused by the server, unreachable, or too many at once. */
  readonly dropped: number;
  stop(): void;
}

/** Posts events to `url` (…/events); an empty one drops and counts them. */
export function createEventSender(url: string, now: () => number): EventSender {
  const underWay = new Set<ClientRequest>();
  const counts = { sent: 0, dropped: 0 };
  const send = (event: DogEvent): void => {
    if (url === '' || underWay.size >= underWayMax) {
      counts.dropped += 1;
      return;
    }
    const body = JSON.stringify({
      what: event.title,
      data: event.text,
      tags: event.tags.map((tag) => tag.replace(/\s+/g, '_')),
      when: event.when ?? Math.floor(now() / 1000),
    });
    // Loaded with the first event only: it costs 6 MB of memory.
    const post = process.getBuiltinModule('node:http').request(url, {
      method: 'POST',
      timeout: timeoutMs,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    underWay.add(post);
    const done = (good: boolean): void => {
      if (!underWay.delete(post)) return;
      if (good) counts.sent += 1;
      else counts.dropped += 1;
    };
    post.on('response', (response) => {
      response.resume();
      done((response.statusCode ?? 500) < 300);
    });
    post.on('timeout', () => post.destroy());
    post.on('error', () => done(false));
    post.on('close', () => done(false));
    post.end(body);
  };
  return {
    send,
    get sent() {
      return counts.sent;
    },
    get dropped() {
      return counts.dropped;
    },
    stop: () => {
      for (const post of underWay) post.destroy();
    },
  };
}
