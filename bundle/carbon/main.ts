// carbon: receives points, keeps them safe, stores them in Whisper files and answers reads.
import { runService } from '../core/service.ts';
import { startCarbon } from './carbon.ts';
import { carbonConfig } from './config.ts';

runService({
  name: 'carbon',
  summary: 'Receives Graphite metrics, stores them in Whisper files and serves them to carbonapi.',
  configFile: 'conf/carbon.yml',
  schema: carbonConfig,
  start: startCarbon,
});
