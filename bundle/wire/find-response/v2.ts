// /metrics/find as carbonapi_v2_pb: one GlobResponse { 1 name  2 matches { 1 path  2 isLeaf } }.
import { readGlobResponse, writeGlobResponse } from '../carbonapi-v3.ts';
import { ProtobufReader, ProtobufWriter } from '../protobuf.ts';
import type { FindResponseFormat } from './format.ts';

export const findResponseV2: FindResponseFormat = {
  names: ['protobuf', 'protobuf3', 'carbonapi_v2_pb'],
  contentType: 'application/x-protobuf',
  isMulti: false,
  allowsEmpty: false,
  encode([glob = { name: '', matches: [] }]) {
    const writer = new ProtobufWriter(64 + glob.matches.length * 48);
    writeGlobResponse(writer, glob);
    return writer.finish();
  },
  decode: (bytes) => [readGlobResponse(new ProtobufReader(bytes))],
};
