// /render as carbonapi_v3_pb: MultiFetchResponse, see carbonapi-v3.ts.
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  decodeMultiFetchResponse,
  encodeMultiFetchResponse,
} from '../carbonapi-v3.ts';
import { noBytes, type RenderResponseFormat } from './format.ts';

export const renderResponseV3: RenderResponseFormat = {
  names: [carbonapiV3Protocol],
  contentType: carbonapiV3ContentType,
  allowsEmpty: false,
  needsCount: false,
  head: () => noBytes,
  piece: (list) => encodeMultiFetchResponse(list),
  tail: () => noBytes,
  decode: decodeMultiFetchResponse,
};
