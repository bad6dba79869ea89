// Calls of NFS client and server by version and procedure, from /proc/net/rpc.
import { z } from '../../core/config.ts';
import { eachLine } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

// Procedures in the order the kernel counts them.
const version2 =
  'null getattr setattr root lookup readlink read wrcache write create remove rename link symlink ' +
  'mkdir rmdir readdir fsstat';
const version3 =
  'null getattr setattr lookup access readlink read write create mkdir symlink mknod remove rmdir ' +
  'rename link readdir readdirplus fsstat fsinfo pathconf commit';
const server40 =
  'null compound reserved access close commit create delegpurge delegreturn getattr getfh link ' +
  'lock lockt locku lookup lookupp nverify open openattr open_confirm open_downgrade putfh ' +
  'putpubfh putrootfh read readdir readlink remove rename renew restorefh savefh secinfo setattr ' +
  'setclientid setcltid_confirm verify write release_lockowner';
const server4x =
  'backchannel_ctl bind_conn_to_session exchange_id create_session destroy_session free_stateid ' +
  'get_dir_delegation getdeviceinfo getdevicelist layoutcommit layoutget layoutreturn ' +
  'secinfo_no_name sequence set_ssv test_stateid want_delegation destroy_clientid ' +
  'reclaim_complete allocate copy copy_notify deallocate ioadvise layouterror layoutstats ' +
  'offloadcancel offloadstatus readplus seek write_same clone';
const client40 =
  'null read write commit open open_confirm open_noattr open_downgrade close setattr fsinfo renew ' +
  'setclientid setclientid_confirm lock lockt locku access getattr lookup lookupp remove rename ' +
  'link symlink create pathconf statfs readlink readdir server_caps delegreturn getacl setacl ' +
  'fs_locations release_lockowner secinfo fsid_present';
const client4x =
  'exchange_id create_session destroy_session sequence get_lease_time reclaim_complete layoutget ' +
  'getdeviceinfo layoutcommit layoutreturn secinfo_no_name test_stateid free_stateid ' +
  'getdevicelist bind_conn_to_session destroy_clientid seek allocate deallocate layoutstats clone ' +
  'copy';

const names = (text: string): string[] => text.split(' ');

// How many of a client's counters are of version 4.0 follows from how many there are: kernels
// added procedures of both kinds over time.
const client40Counts: [countMin: number, of40: number][] = [
  [54, 38],
  [46, 37],
  [42, 36],
  [40, 35],
];
const client40Min = 34;

/** Names for `count` counters of an NFS 4 client. */
function namesOfClient4(count: number): string[] {
  const of40 = client40Counts.find(([countMin]) => count >= countMin)?.[1] ?? count;
  return [...names(client40).slice(0, of40), ...names(client4x)];
}

export const nfs = definePlugin({
  name: 'nfs',
  summary: 'NFS calls',
  options: () => ({
    reportV2: z.boolean().default(true).describe('Send version 2.'),
    reportV3: z.boolean().default(true).describe('Send version 3.'),
    reportV4: z.boolean().default(true).describe('Send version 4.'),
  }),
  create: (options) => {
    const namesOf = (side: 'client' | 'server', key: string, count: number) => {
      if (key === 'proc2' && options.reportV2) return { version: 2, list: names(version2) };
      if (key === 'proc3' && options.reportV3) return { version: 3, list: names(version3) };
      if (!options.reportV4) return undefined;
      if (key === 'proc4ops' && side === 'server')
        return { version: 4, list: [...names(server40), ...names(server4x)] };
      if (key === 'proc4' && side === 'client' && count >= client40Min)
        return { version: 4, list: namesOfClient4(count) };
      return undefined;
    };
    return {
      read: ({ host, emit }) => {
        for (const [file, side] of [
          ['/proc/net/rpc/nfs', 'client'],
          ['/proc/net/rpc/nfsd', 'server'],
        ] as const) {
          // A key, how many follow, the counters.
          eachLine(host.readText(file) ?? '', (words) => {
            const counters = words.slice(2).map(Number);
            const known = namesOf(side, words[0]!, counters.length);
            if (known === undefined) return;
            for (const [i, procedure] of known.list.entries()) {
              const value = counters[i];
              if (value === undefined || Number.isNaN(value)) break;
              emit({
                pluginInstance: `v${known.version}${side}`,
                type: 'nfs_procedure',
                typeInstance: procedure,
                values: [value],
              });
            }
          });
        }
      },
    };
  },
});
