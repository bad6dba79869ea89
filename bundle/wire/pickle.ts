// Python pickles: reading of plain values and nothing else, writing of protocol 2.
export {
  decodePickle,
  defaultPickleLimits,
  type PickleLimits,
  type PickleValue,
} from './pickle-decode.ts';
export { encodePickle, PickleWriter } from './pickle-encode.ts';
