// The grafana service: dashboards in the browser on port P, by the built-in viewer or by an
// installed Grafana.
import { runService } from '../core/service.ts';
import { grafanaSchema } from './config.ts';
import { runRealGrafana } from './real-grafana.ts';
import { startDashboardServer } from './server.ts';

runService({
  name: 'grafana',
  summary: 'Serves the dashboards: login, viewer and access to carbonapi.',
  configFile: 'conf/grafana.yml',
  schema: grafanaSchema,
  start: (config, { log }) =>
    config.grafanaHome === '' ? startDashboardServer(config, log) : runRealGrafana(config, log),
});
