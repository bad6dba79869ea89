// The receivers, in one list: what a configuration turns on and how each is started.
import { parseListenAddress } from '../../core/listen-address.ts';
import type { CarbonConfig } from '../config.ts';
import { startFramedReceiver } from './framed.ts';
import { startHttpReceiver } from './http.ts';
import { decodePickle } from './pickle-decoder.ts';
import { decodeProtobuf } from './protobuf-decoder.ts';
import type { Receiver, ReceiverContext } from './receiver.ts';
import { startTcpReceiver } from './tcp.ts';
import { startUdpReceiver } from './udp.ts';

interface ReceiverEntry {
  name: string;
  isEnabled(config: CarbonConfig): boolean;
  start(config: CarbonConfig, context: ReceiverContext): Promise<Receiver>;
}

export const receivers: readonly ReceiverEntry[] = [
  {
    name: 'tcp',
    isEnabled: ({ plaintext }) => plaintext.tcp,
    start: ({ plaintext }, context) =>
      startTcpReceiver({ ...plaintext, address: parseListenAddress(plaintext.listen) }, context),
  },
  {
    name: 'udp',
    isEnabled: ({ plaintext }) => plaintext.udp,
    start: ({ plaintext }, context) =>
      startUdpReceiver(
        {
          address: parseListenAddress(plaintext.listen),
          lineBytesMax: plaintext.lineBytesMax,
          receiveBufferBytes: plaintext.udpReceiveBufferBytes,
        },
        context,
      ),
  },
  {
    name: 'pickle',
    isEnabled: ({ pickle }) => pickle.enabled,
    start: ({ pickle }, context) =>
      startFramedReceiver(
        'pickle',
        decodePickle,
        { ...pickle, address: parseListenAddress(pickle.listen) },
        context,
      ),
  },
  {
    name: 'protobuf',
    isEnabled: ({ protobuf }) => protobuf.enabled,
    start: ({ protobuf }, context) =>
      startFramedReceiver(
        'protobuf',
        decodeProtobuf,
        { ...protobuf, address: parseListenAddress(protobuf.listen) },
        context,
      ),
  },
  {
    name: 'http',
    isEnabled: ({ http }) => http.enabled,
    start: ({ http, plaintext }, context) =>
      startHttpReceiver(
        {
          ...http,
          address: parseListenAddress(http.listen),
          lineBytesMax: plaintext.lineBytesMax,
        },
        context,
      ),
  },
];
