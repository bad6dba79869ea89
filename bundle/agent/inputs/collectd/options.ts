// Keys of `inputs.collectd` in agent.yml.
import { addressText, z } from '../../../core/config.ts';
import type { SecurityLevel } from '../../../wire/collectd-network.ts';

const securityLevels = ['none', 'sign', 'encrypt'] as const satisfies readonly SecurityLevel[];

export const collectdOptions = () => ({
  listen: addressText()
    .default('127.0.0.1:27611')
    .describe('UDP address; a multicast group is joined.'),
  securityLevel: z
    .enum(securityLevels)
    .default('none')
    .describe(
      'The least that is taken: none, sign or encrypt. What is signed must verify at any level.',
    ),
  authFile: z.string().default('').describe('Lines `user: password`, needed for sign and encrypt.'),
  reverseHostname: z
    .boolean()
    .default(false)
    .describe('Reverse the labels of sent host names, like our own.'),
  receiveBufferBytes: z
    .int()
    .positive()
    .default(8 * 1024 * 1024)
    .describe('Asked of the kernel.'),
});
