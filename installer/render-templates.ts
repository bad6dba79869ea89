// Renders the kit's templates: each file's path is its destination in the instance. The one file
// that knows handlebars.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import handlebars from 'handlebars';
import { messageOf, OperatingError } from '../bundle/core/errors.ts';
import type { PortName } from '../bundle/services.ts';

export interface TemplateContext {
  version: string;
  type: string;
  hostname: string;
  /** The name metrics are stored under. */
  reversedHostname: string;
  basePort: number;
  ports: Record<PortName, number>;
  /** Host parts of listening addresses, IPv6 in brackets. */
  listen: { carbon: string; carbonapi: string; dashboards: string };
  /** Host parts under which this machine reaches its own services. */
  probe: { carbon: string; carbonapi: string; dashboards: string };
  /** Where agents send to and dashboards read from. */
  carbonServer: {
    host: string;
    /** The same with an IPv6 address in brackets. */
    hostInUrl: string;
    /** Where the Graphite API is, ready for a URL. */
    carbonapiHost: string;
    plaintextPort: number;
    carbonapiPort: number;
  };
  systemCollectd: boolean;
  /** Directory of an installed Grafana, or empty. */
  grafanaHome: string;
}

export interface RenderedFile {
  /** Relative to the instance directory. */
  path: string;
  content: string;
}

const ending = '.hbs';

function listFiles(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? listFiles(directory, path) : [path];
  });
}

/** Every file of the instance that comes from a template, in the order of their names. */
export function renderTemplates(directory: string, context: TemplateContext): RenderedFile[] {
  return listFiles(directory)
    .sort()
    .map((path) => {
      const text = readFileSync(join(directory, path), 'utf8');
      if (!path.endsWith(ending)) return { path, content: text };
      try {
        const render = handlebars.compile(text, { noEscape: true, strict: true });
        return { path: path.slice(0, -ending.length), content: render(context) };
      } catch (error) {
        throw new OperatingError('bad-template', `cannot render ${path}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    });
}
