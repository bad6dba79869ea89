// `npm run build`: everything compiled into dist/js.
import { join } from 'node:path';
import { buildBundle } from './build.ts';
import { projectRoot } from './project.ts';

const begun = performance.now();
await buildBundle(join(projectRoot, 'dist', 'js'));
process.stdout.write(`built dist/js in ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
