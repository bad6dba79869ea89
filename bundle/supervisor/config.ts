// conf/supervisor.yml: how each service is run, watched and logged.
import { z } from '../core/config.ts';
import { parseProbe } from './probe.ts';

const probeText = z.string().superRefine((text, context) => {
  if (text !== '' && parseProbe(text) === undefined) {
    context.addIssue({
      code: 'custom',
      message: `write tcp://host:port or http[s]://host:port/path, not ${JSON.stringify(text)}`,
    });
  }
});

const service = z
  .strictObject({
    probe: probeText
      .default('')
      .describe('Where the service must answer before it counts as ready; empty: ask nothing.'),
    heapMbMax: z
      .int()
      .min(32)
      .default(512)
      .describe('Ceiling of the JavaScript heap in MB; beyond it the service is restarted.'),
    stopSeconds: z
      .number()
      .min(0.1)
      .max(3600)
      .default(30)
      .describe('Time to finish after SIGTERM before the whole process group is killed.'),
    command: z
      .array(z.string())
      .default([])
      .describe('Another program with its arguments, run instead of the shipped service.'),
    environment: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment variables given to the service.'),
  })
  .prefault({});

export const supervisorSchema = z.strictObject({
  services: z
    .strictObject({ carbon: service, carbonapi: service, grafana: service, agent: service })
    .prefault({})
    .describe('One section a service; which of them run is decided by the type of installation.'),
  startSecondsMax: z
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .describe('How long `dkm start` waits for all services to be ready.'),
  restart: z
    .strictObject({
      delayMsMin: z
        .int()
        .min(10)
        .default(200)
        .describe(
          'Pause before the first restart; each next one is half as long again, up to 15 s.',
        ),
      crashesPerMinuteMax: z
        .int()
        .min(1)
        .default(3)
        .describe('From this many unwanted ends a minute on, the state is crash-looping.'),
    })
    .prefault({})
    .describe('What happens when a service ends by itself. It is never given up.'),
  watch: z
    .strictObject({
      probeSeconds: z
        .number()
        .min(0.1)
        .max(3600)
        .default(10)
        .describe('How often a ready service is asked whether it still answers.'),
      silentSecondsMax: z
        .number()
        .min(0)
        .max(86_400)
        .default(120)
        .describe(
          'A service that answers nobody for so long is killed and started again; 0: never.',
        ),
    })
    .prefault({})
    .describe('What happens when a service runs but does not answer.'),
  logs: z
    .strictObject({
      fileMbMax: z.number().min(0.01).default(10).describe('A log file is rotated at this size.'),
      filesMax: z
        .int()
        .min(1)
        .max(100)
        .default(5)
        .describe('Compressed older files kept of each log.'),
      totalMbMax: z
        .number()
        .min(0.1)
        .default(200)
        .describe('All rotated logs together; beyond it the oldest are removed.'),
    })
    .prefault({})
    .describe('The log files in run/.'),
});

export type SupervisorConfig = z.output<typeof supervisorSchema>;
export type ServiceConfig = SupervisorConfig['services']['carbon'];
