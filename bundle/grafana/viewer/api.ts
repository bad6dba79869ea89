// Requests to the service. Every address is relative to the page's base, so that a path prefix of
// a reverse proxy is kept.
import { asList, asRecord, asRecords, asText, type Json } from './model/json.ts';
import { parseRenderAnswer, type Series } from './model/series.ts';
import type { VariableQuery } from './model/variables.ts';

export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Person {
  name: string;
  role: string;
  isAnonymous: boolean;
  version: string;
}

export interface DashboardRow {
  uid: string;
  title: string;
  tags: string[];
  description: string;
  file: string;
  panels: number;
}

const proxy = 'api/datasources/proxy/uid/DkuCarbonAPI';

/** Called when an answer says that the session has ended. */
let onLoginNeeded = (): void => {};
export function whenLoginNeeded(listener: () => void): void {
  onLoginNeeded = listener;
}

async function complaintOf(answer: Response): Promise<string> {
  const text = (await answer.text()).trim();
  try {
    const json = asRecord(JSON.parse(text));
    const message = asText(json['message']) || asText(json['error']);
    if (message !== '') return message;
  } catch {
    // plain text, used as it is
  }
  const isPage = text.startsWith('<');
  return isPage || text === '' ? `${answer.status} ${answer.statusText}` : text.slice(0, 1000);
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(new URL(path, document.baseURI), { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'the dashboards service does not answer');
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && !path.startsWith('login')) onLoginNeeded();
  throw new ApiError(answer.status, await complaintOf(answer));
}

const askJson = async (path: string, init?: RequestInit): Promise<unknown> =>
  (await ask(path, init)).json();

const sendJson = (path: string, method: string, value: unknown): Promise<unknown> =>
  askJson(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });

/** Who is logged in; undefined when somebody has to log in first. */
export async function whoAmI(): Promise<Person | undefined> {
  const json = asRecord(await askJson('api/session'));
  if (asText(json['role']) === '') return undefined;
  return {
    name: asText(json['name']),
    role: asText(json['role']),
    isAnonymous: json['isAnonymous'] === true,
    version: asText(json['version']),
  };
}

export async function login(user: string, password: string): Promise<void> {
  await sendJson('login', 'POST', { user, password });
}

export async function logout(): Promise<void> {
  await sendJson('logout', 'POST', {});
}

export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  await sendJson('api/user/password', 'PUT', { oldPassword, newPassword });
}

export interface UserRow {
  id: number;
  name: string;
  role: string;
}

export async function listUsers(): Promise<UserRow[]> {
  return asRecords(await askJson('api/users')).map((row) => ({
    id: Number(row['id']),
    name: asText(row['name']),
    role: asText(row['role']),
  }));
}

export async function addUser(name: string, password: string, role: string): Promise<void> {
  await sendJson('api/users', 'POST', { name, password, role });
}

export async function removeUser(id: number): Promise<void> {
  await ask(`api/users/${id}`, { method: 'DELETE' });
}

export async function listDashboards(): Promise<DashboardRow[]> {
  return asRecords(await askJson('api/search')).map((row) => ({
    uid: asText(row['uid']),
    title: asText(row['title']),
    tags: asList(row['tags']).map((tag) => asText(tag)),
    description: asText(row['description']),
    file: asText(row['file']),
    panels: Number(row['panels'] ?? 0),
  }));
}

export async function getDashboard(uid: string): Promise<Json> {
  const answer = asRecord(await askJson(`api/dashboards/uid/${encodeURIComponent(uid)}`));
  return asRecord(answer['dashboard']);
}

export interface SavedDashboard {
  uid: string;
  file: string;
  version: number;
}

export async function saveDashboard(dashboard: Json, overwrite = false): Promise<SavedDashboard> {
  const answer = asRecord(await sendJson('api/dashboards/db', 'POST', { dashboard, overwrite }));
  return {
    uid: asText(answer['uid']),
    file: asText(answer['file']),
    version: Number(answer['version'] ?? 0),
  };
}

export async function deleteDashboard(uid: string): Promise<void> {
  await ask(`api/dashboards/uid/${encodeURIComponent(uid)}`, { method: 'DELETE' });
}

export interface RenderRequest {
  targets: string[];
  fromMs: number;
  toMs: number;
  maxDataPoints: number;
  dashboardUid: string;
  panelId: number;
  signal: AbortSignal;
}

export async function render(request: RenderRequest): Promise<Series[]> {
  const form = new URLSearchParams({
    from: String(Math.floor(request.fromMs / 1000)),
    until: String(Math.ceil(request.toMs / 1000)),
    format: 'json',
    maxDataPoints: String(request.maxDataPoints),
  });
  for (const target of request.targets) form.append('target', target);
  const answer = await askJson(`${proxy}/render`, {
    method: 'POST',
    body: form,
    signal: request.signal,
    headers: {
      'x-dashboard-uid': request.dashboardUid,
      'x-panel-id': String(request.panelId),
    },
  });
  return parseRenderAnswer(answer);
}

export interface Span {
  fromMs: number;
  toMs: number;
}

const spanParameters = ({ fromMs, toMs }: Span): Record<string, string> => ({
  from: String(Math.floor(fromMs / 1000)),
  until: String(Math.ceil(toMs / 1000)),
});

export interface FoundNode {
  id: string;
  text: string;
  isLeaf: boolean;
}

export async function findMetrics(
  query: string,
  span?: Span,
  signal?: AbortSignal,
): Promise<FoundNode[]> {
  const parameters = new URLSearchParams({
    query,
    ...(span === undefined ? {} : spanParameters(span)),
  });
  const init = signal === undefined ? {} : { signal };
  return asRecords(await askJson(`${proxy}/metrics/find?${parameters}`, init)).map((row) => ({
    id: asText(row['id']),
    text: asText(row['text']),
    isLeaf: row['leaf'] === 1 || row['leaf'] === true,
  }));
}

/** The names a template variable's query stands for. */
export async function queryNames(query: VariableQuery, span: Span): Promise<string[]> {
  if (query.kind === 'find') return (await findMetrics(query.query, span)).map(({ text }) => text);
  if (query.kind === 'expand') {
    const parameters = new URLSearchParams({ query: query.query, ...spanParameters(span) });
    const answer = asRecord(await askJson(`${proxy}/metrics/expand?${parameters}`));
    return asList(answer['results']).map((name) => asText(name));
  }
  const parameters = new URLSearchParams({ ...spanParameters(span), limit: '10000' });
  for (const expression of query.expressions) parameters.append('expr', expression);
  if (query.kind === 'tags') parameters.set('tagPrefix', query.prefix);
  else {
    parameters.set('tag', query.tag);
    parameters.set('valuePrefix', query.prefix);
  }
  const path = query.kind === 'tags' ? 'tags' : 'values';
  const answer = await askJson(`${proxy}/tags/autoComplete/${path}?${parameters}`);
  return asList(answer).map((name) => asText(name));
}

export interface MetricEvent {
  atMs: number;
  title: string;
  text: string;
  tags: string[];
}

/** Events between two times; a server without events has none. */
export async function getEvents(
  span: Span,
  tags: string,
  signal: AbortSignal,
): Promise<MetricEvent[]> {
  const parameters = new URLSearchParams(spanParameters(span));
  if (tags !== '') parameters.set('tags', tags);
  const answer = await askJson(`${proxy}/events/get_data?${parameters}`, { signal });
  return asRecords(answer).map((event) => ({
    atMs: Number(event['when']) * 1000,
    title: asText(event['what']),
    text: asText(event['data']),
    tags: Array.isArray(event['tags'])
      ? event['tags'].map((tag) => asText(tag))
      : asText(event['tags']).split(' ').filter(Boolean),
  }));
}
