// A dashboard somebody exported: unwrapped, its placeholders filled in, in today's form.
import { asRecord, asRecords, asText, type Json } from './json.ts';
import { migrateDashboard } from './migrate-dashboard.ts';

const ourDataSource = 'DkuCarbonAPI';

const escapeForJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/**
 * Reads an export of Grafana (also "for sharing", with __inputs) or the answer of its API. Throws an
 * Error that says what is wrong.
 */
export function readImport(text: string): Json {
  let source: Json;
  try {
    source = asRecord(JSON.parse(text));
  } catch {
    throw new Error('this is not JSON');
  }
  let filled = text;
  for (const input of asRecords(source['__inputs'])) {
    const value = input['type'] === 'constant' ? asText(input['value']) : ourDataSource;
    filled = filled.replaceAll(`\${${asText(input['name'])}}`, escapeForJson(value));
  }
  const parsed = asRecord(JSON.parse(filled));
  const dashboard = migrateDashboard('dashboard' in parsed ? parsed['dashboard'] : parsed);
  for (const key of ['__inputs', '__requires', '__elements', 'id', 'gnetId', 'iteration'])
    delete dashboard[key];
  if (asText(dashboard['title']) === '')
    throw new Error('this JSON is no dashboard: it has no title');
  return dashboard;
}
