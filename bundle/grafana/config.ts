// The keys of conf/grafana.yml: defaults, units and meaning. The descriptions are the user's
// documentation (`grafana --print-default-config`).
import { addressText, z } from '../core/config.ts';
import { tlsSchema } from '../core/tls-files.ts';

const absoluteHttpUrl = z.url({ protocol: /^https?$/ });

export const grafanaSchema = z.strictObject({
  listen: addressText()
    .default('0.0.0.0:27600')
    .describe('Address of the dashboards: host:port; :port means every address.'),
  tls: tlsSchema.describe('HTTPS instead of HTTP; renewed files are used without a restart.'),
  rootUrl: absoluteHttpUrl
    .or(z.literal(''))
    .default('')
    .describe(
      'Address users type, when it differs from `listen`: behind a reverse proxy, for example\nhttps://example.org/monitoring/ (the path may or may not be stripped by the proxy).',
    ),
  carbonapi: absoluteHttpUrl
    .default('http://127.0.0.1:27602')
    .describe('Address of the Graphite API every graph reads from.'),
  carbonapiTokenFile: z
    .string()
    .default('')
    .describe('File with the access token for carbonapi, when that asks for one.'),
  carbonapiCa: z
    .string()
    .default('')
    .describe('PEM file of the authority behind an https carbonapi; empty: the usual ones.'),
  carbonapiTimeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('An answer of carbonapi that takes longer is given up.'),
  requestsMax: z
    .number()
    .int()
    .min(1)
    .default(100)
    .describe('Requests to carbonapi at the same time; those beyond get 503.'),
  sessionHours: z
    .number()
    .min(0.1)
    .max(24 * 365)
    .default(24 * 7)
    .describe('A login ends after this many hours without a request.'),
  anonymousViewing: z
    .boolean()
    .default(false)
    .describe('Dashboards can be looked at without a login. Changing them always needs one.'),
  staticDirectory: z.string().default('static').describe('Built files of the viewer.'),
  dashboardsDirectory: z
    .string()
    .default('dashboards')
    .describe('Dashboards as Grafana JSON, one file each. Edits are saved here.'),
  usersDatabase: z
    .string()
    .default('storage/grafana/users.db')
    .describe('SQLite file with password hashes and sessions.'),
  adminPasswordFile: z
    .string()
    .default('conf/secrets/admin-password')
    .describe('Holds the first password of the user admin; read only while there are no users.'),
  grafanaHome: z
    .string()
    .default('')
    .describe(
      'Directory of an installed Grafana (the one with bin/grafana). When set, that Grafana is run\nwith conf/grafana.ini in place of the built-in viewer.',
    ),
});

export type GrafanaConfig = z.output<typeof grafanaSchema>;
