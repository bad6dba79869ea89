// /metrics/find as carbonapi_v3_pb: MultiGlobResponse, see carbonapi-v3.ts.
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  decodeMultiGlobResponse,
  encodeMultiGlobResponse,
} from '../carbonapi-v3.ts';
import type { FindResponseFormat } from './format.ts';

export const findResponseV3: FindResponseFormat = {
  names: [carbonapiV3Protocol],
  contentType: carbonapiV3ContentType,
  isMulti: true,
  allowsEmpty: false,
  encode: encodeMultiGlobResponse,
  decode: decodeMultiGlobResponse,
};
