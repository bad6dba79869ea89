// aliasByRedis and aliasByPostgres (carbonapi): known by name, so that a dashboard which uses them
// gets an answer it can act on. This service keeps no connection to foreign databases.
import { OperatingError } from '../../../core/errors.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

const unavailable = (name: string, database: string, instead: string) =>
  defineFunction({
    name,
    carbonapiOnly: true,
    group: 'Alias',
    params: [seriesList, { name: 'keys', type: 'any', multiple: true }],
    description:
      `Names series by looking them up in a ${database} database, where one is configured. Here ` +
      `none can be: the function answers with an error. ${instead}`,
    evaluate: () => {
      throw new OperatingError(
        'bad-argument',
        `${name}: there is no ${database} database to ask; use aliasSub or aliasByTags instead`,
      );
    },
  });

export const aliasByRedis = unavailable(
  'aliasByRedis',
  'Redis',
  'Names that follow a rule are better made by aliasSub.',
);

export const aliasByPostgres = unavailable(
  'aliasByPostgres',
  'PostgreSQL',
  'Names that follow a rule are better made by aliasSub.',
);
