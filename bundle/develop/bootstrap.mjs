// The door behind `npm start`, `npm test` and `./make-package`. It runs on any Node from 20 on with
// nothing installed: it fetches the pinned runtime and the locked packages, then hands over to the
// command's TypeScript file on that runtime. What tests run on is what ships.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const commands = {
  'demo-start': 'bundle/develop/demo-start.ts',
  'demo-stop': 'bundle/develop/demo-stop.ts',
  test: 'bundle/develop/run-tests.ts',
  bench: 'bundle/develop/run-benchmarks.ts',
  build: 'bundle/develop/build-command.ts',
  check: 'bundle/develop/check.ts',
  'make-package': 'bundle/packaging/main.ts',
};

/** Ends with a sentence instead of a stack trace. */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function step(title, work) {
  const begun = Date.now();
  process.stdout.write(`[setup] ${title} …\n`);
  work();
  process.stdout.write(`[setup] ${title}: done in ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
}

/** Runs npm with the given runtime first on the PATH; npm itself comes from the machine. */
function npm(args, runtimeDirectory) {
  const path = runtimeDirectory ? `${runtimeDirectory}:${process.env.PATH}` : process.env.PATH;
  const script = process.env.npm_execpath;
  const [command, first] =
    script?.endsWith('.js') === true
      ? [runtimeDirectory ? join(runtimeDirectory, 'node') : process.execPath, [script]]
      : ['npm', []];
  const result = spawnSync(
    command,
    [...first, ...args, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    },
  );
  if (result.error) fail(`cannot run npm: ${result.error.message}`);
  if (result.status !== 0) {
    fail(
      `npm ${args[0]} failed:\n${result.stdout}${result.stderr}\nIs the package registry reachable?`,
    );
  }
}

function ensureRuntime() {
  const platform = `${process.platform}-${process.arch}`;
  const table = JSON.parse(readFileSync(join(root, 'bundle/packaging/runtimes.json'), 'utf8'));
  const pin = table[platform];
  if (pin === undefined) {
    fail(`no runtime is pinned for ${platform}; known: ${Object.keys(table).join(', ')}`);
  }
  const directory = join(root, 'build', 'runtime', `${platform}-${pin.version}`);
  const bin = join(directory, 'node_modules', pin.package, 'bin');
  const marker = join(directory, 'complete');
  if (!existsSync(marker)) {
    step(`fetching the runtime, Node ${pin.version}`, () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'package.json'), '{"private":true}\n');
      npm([
        'install',
        '--prefix',
        directory,
        '--no-save',
        '--ignore-scripts',
        `${pin.package}@${pin.version}`,
      ]);
      const sha256 = createHash('sha256')
        .update(readFileSync(join(bin, 'node')))
        .digest('hex');
      if (pin.binarySha256 !== undefined && sha256 !== pin.binarySha256) {
        fail(
          `the fetched Node is not the pinned one: sha256 ${sha256}, expected ${pin.binarySha256}`,
        );
      }
      writeFileSync(marker, `${sha256}\n`);
    });
  }
  return bin;
}

function ensurePackages(runtime) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.dkumonitor-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return;
  step('installing the locked packages', () => {
    // not `npm ci`: it refuses a lockfile whose registry lacks an optional package of a foreign platform
    npm(['install', '--no-save', '--ignore-scripts'], runtime);
    writeFileSync(marker, hash);
  });
}

const [name, ...args] = process.argv.slice(2);
const file = commands[name];
if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old: 20 or newer is needed to build (not to run the package)`,
  );
}
if (file === undefined) fail(`unknown command ${name}; known: ${Object.keys(commands).join(', ')}`);
const runtime = ensureRuntime();
ensurePackages(runtime);
const result = spawnSync(join(runtime, 'node'), [join(root, file), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${runtime}:${process.env.PATH}` },
});
if (result.error) fail(`cannot run ${file}: ${result.error.message}`);
process.exit(result.status ?? 1);
