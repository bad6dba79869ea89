// Every format of an answer to /render between servers. What people and Grafana are sent is
// carbonapi's own.
import type { RenderResponseFormat } from './format.ts';
import { renderResponseJson } from './json.ts';
import { renderResponseMsgpack } from './msgpack.ts';
import { renderResponsePickle } from './pickle.ts';
import { renderResponseV2 } from './v2.ts';
import { renderResponseV3 } from './v3.ts';

export { encodeRenderResponse, type RenderedSeries, type RenderResponseFormat } from './format.ts';

export const renderResponseFormats: readonly RenderResponseFormat[] = [
  renderResponseJson,
  renderResponseV2,
  renderResponseV3,
  renderResponsePickle,
  renderResponseMsgpack,
];

/** The format called `name` in requests. */
export const renderResponseFormatNamed = (name: string): RenderResponseFormat | undefined =>
  renderResponseFormats.find(({ names }) => names.includes(name));
