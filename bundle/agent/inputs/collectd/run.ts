// Takes collectd's network packets, so that machines with a collectd of their own send to us. Their
// values go through the same naming, rates and outputs as this host's.
import { createSocket } from 'node:dgram';
import type { z } from '../../../core/config.ts';
import { OperatingError } from '../../../core/errors.ts';
import { formatListenAddress, parseListenAddress } from '../../../core/listen-address.ts';
import { explainListenError } from '../../../core/service.ts';
import { readUdpDrops } from '../../../core/udp-drops.ts';
import {
  type CollectdRejection,
  type CollectdSink,
  decodeCollectdDatagram,
} from '../../../wire/collectd-network.ts';
import type { InputContext, RunningInput } from '../input.ts';
import { openAuthFile } from './auth-file.ts';
import type { collectdOptions } from './options.ts';

const dropsIntervalMs = 10_000;

type Options = z.output<z.ZodObject<ReturnType<typeof collectdOptions>>>;

const isMulticast = (host: string): boolean => /^(22[4-9]|23\d)\.|^ff/i.test(host);

/** Resolves when it listens. */
export async function start(
  config: Options,
  { log, now, types, emit }: InputContext,
): Promise<RunningInput> {
  if (config.securityLevel !== 'none' && config.authFile === '') {
    throw new OperatingError(
      'no-auth-file',
      `inputs.collectd: securityLevel ${config.securityLevel} needs authFile`,
    );
  }
  const users = openAuthFile(config.authFile, now);
  const security = { level: config.securityLevel, passwordOf: users.passwordOf };
  const counts: Record<string, number> = {
    packets: 0,
    valueLists: 0,
    notifications: 0,
    badTypes: 0,
    kernelDrops: 0,
  };
  const rejected: Partial<Record<CollectdRejection, number>> = {};
  const hostOf = (host: string): string =>
    config.reverseHostname ? host.split('.').reverse().join('.') : host;
  const sink: CollectdSink = {
    values: ({ host, plugin, pluginInstance, type, typeInstance, timeMs, kinds, values }) => {
      if (types.get(type)?.length !== values.length) {
        counts['badTypes'] = (counts['badTypes'] ?? 0) + 1;
        return;
      }
      counts['valueLists'] = (counts['valueLists'] ?? 0) + 1;
      emit({
        host: hostOf(host),
        plugin,
        pluginInstance,
        type,
        typeInstance,
        values,
        kinds,
        timeMs,
      });
    },
    notification: ({ host, plugin, message }) => {
      counts['notifications'] = (counts['notifications'] ?? 0) + 1;
      log.info(`notification: ${message}`, { host, plugin });
    },
    reject: (reason) => {
      rejected[reason] = (rejected[reason] ?? 0) + 1;
    },
  };

  const address = parseListenAddress(config.listen);
  const { host, port } = address;
  const type = host === '' || host.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({
    type,
    reuseAddr: isMulticast(host),
    recvBufferSize: config.receiveBufferBytes,
  });
  socket.on('message', (datagram) => {
    counts['packets'] = (counts['packets'] ?? 0) + 1;
    decodeCollectdDatagram(datagram, security, sink);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) =>
      reject(explainListenError(error, 'collectd network', formatListenAddress(address))),
    );
    socket.bind(host === '' ? { port } : { port, address: host }, resolve);
  });
  if (isMulticast(host)) socket.addMembership(host);
  const bound = socket.address().port;
  const drops = setInterval(() => {
    void readUdpDrops(bound).then((value) => {
      counts['kernelDrops'] = value;
    });
  }, dropsIntervalMs);
  let stopping: Promise<void> | undefined;
  return {
    stop: () => {
      clearInterval(drops);
      stopping ??= new Promise((resolve) => socket.close(() => resolve()));
      return stopping;
    },
    statistics: () => ({
      ...counts,
      ...Object.fromEntries(
        Object.entries(rejected).map(([reason, count]) => [`rejected.${reason}`, count]),
      ),
    }),
  };
}
