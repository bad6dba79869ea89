// /_internal/capabilities: what a carbonapi in front of this server may ask for.
import { hostname } from 'node:os';
import type { HttpHandler } from '../../core/http.ts';
import { jsonAnswer } from '../../core/http.ts';
import {
  carbonapiV3ContentType,
  carbonapiV3Protocol,
  encodeCapabilityResponse,
} from '../../wire/carbonapi-v3.ts';
import { requestedFormat } from './context.ts';

export function capabilitiesHandler(): HttpHandler {
  const capabilities = {
    supportedProtocols: [
      carbonapiV3Protocol,
      'carbonapi_v2_pb',
      'graphite-web-pickle',
      'graphite-web-pickle-1.1',
      'carbonapi_v2_json',
    ],
    name: hostname(),
    highPrecisionTimestamps: false,
    supportFilteringFunctions: false,
    likeSplittedRequests: true,
    supportStreaming: false,
  };
  return (request) =>
    // The request message has no fields, so a body says nothing: v3 unless JSON is asked for.
    request.parameters.get('format') === 'json' && requestedFormat(request) === 'json'
      ? jsonAnswer(capabilities)
      : {
          headers: { 'content-type': carbonapiV3ContentType },
          body: encodeCapabilityResponse(capabilities),
        };
}
