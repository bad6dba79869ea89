// What ships and under which terms: one licence text per package, a NOTICE and an SBOM (CycloneDX
// 1.6), all made from what is really inside. An unknown licence fails the build.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperatingError } from '../core/errors.ts';
import { version } from '../core/version.ts';
import { licenseFiles, type ShippedPackage } from './package-tree.ts';
import type { RuntimePin } from './runtime.ts';

const accepted =
  /\b(MIT|ISC|BSD(-\d-Clause)?|0BSD|Apache-2\.0|BlueOak-1\.0\.0|MPL-2\.0|Python-2\.0|AGPL-3\.0(-only|-or-later)?|Unlicense|CC0-1\.0|WTFPL|Zlib|Public Domain)\b/i;

/** What ships besides packages and the runtime; its licence text lies in the source tree. */
const assets = [
  {
    name: 'DejaVu Sans',
    version: '2.37',
    license: 'Bitstream-Vera',
    file: 'bundle/carbonapi/drawing/fonts/DejaVuSans-LICENSE.txt',
    target: 'LICENSE-dejavu-sans.txt',
  },
];

// Packages without a readable `license` field, looked at by hand.
const readByHand: Record<string, string> = {};

const intro = `This directory holds the licences of everything in this package.

dkumonitor itself is under the Apache License 2.0 (LICENSE-dkumonitor.txt).

pm2 is under the GNU Affero General Public License 3.0. Only the supervisor process imports it; the
services are programs of their own and do not. Its complete source is in node_modules/pm2 of this
package (files that play no part at run time are left out by bundle/packaging/package-tree.ts of the
source project) and at https://github.com/Unitech/pm2.
`;

function sbomComponent(shipped: ShippedPackage): object {
  const hash = /^sha512-(.+)$/.exec(shipped.integrity ?? '')?.[1];
  return {
    type: 'library',
    'bom-ref': `pkg:npm/${shipped.name}@${shipped.version}`,
    name: shipped.name,
    version: shipped.version,
    purl: `pkg:npm/${shipped.name.replace('@', '%40')}@${shipped.version}`,
    licenses: [{ license: { name: shipped.license } }],
    ...(hash === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
  };
}

/** Writes the licence texts, NOTICE.txt and sbom.cdx.json into `directory`. */
export async function writeLicenses(
  directory: string,
  packages: readonly ShippedPackage[],
  runtime: RuntimePin,
  ownLicense: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'LICENSE-dkumonitor.txt'), await readFile(ownLicense));
  let notice = intro;
  for (const shipped of packages) {
    const license = readByHand[shipped.name] ?? shipped.license;
    const files = await licenseFiles(shipped.directory);
    if (!accepted.test(license) && files.length === 0) {
      throw new OperatingError(
        'unknown-licence',
        `${shipped.name} ${shipped.version} would ship under an unknown licence: ${license}`,
      );
    }
    notice += `\n${shipped.name} ${shipped.version}: ${license}`;
    for (const file of files) {
      const target = `${shipped.name.replace('/', '__')}-${shipped.version}-${basename(file)}`;
      await writeFile(join(directory, target), await readFile(file));
    }
  }
  notice += `\nNode.js ${runtime.version}: MIT and others (LICENSE-node.txt)\n`;
  for (const { name, version: edition, license, file, target } of assets) {
    notice += `\n${name} ${edition}: ${license} (${target})\n`;
    await writeFile(join(directory, target), await readFile(join(dirname(ownLicense), file)));
  }
  await writeFile(join(directory, 'NOTICE.txt'), notice);

  const components = [
    ...packages.map(sbomComponent),
    ...assets.map(({ name, version: edition, license }) => ({
      type: 'file',
      'bom-ref': `${name}@${edition}`,
      name,
      version: edition,
      licenses: [{ license: { id: license } }],
    })),
    {
      type: 'platform',
      'bom-ref': `node@${runtime.version}`,
      name: 'node',
      version: runtime.version,
      licenses: [{ license: { id: 'MIT' } }],
    },
  ];
  const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      component: { type: 'application', name: 'dkumonitor', version, 'bom-ref': 'dkumonitor' },
    },
    components,
  };
  await writeFile(join(directory, 'sbom.cdx.json'), `${JSON.stringify(sbom, undefined, 2)}\n`);
}
