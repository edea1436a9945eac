// Measures situations in real browsers.
//
//   node --experimental-websocket scripts/browsers/measure.mjs IN.json OUT.json [--browser chromium|firefox]
//        [--only PATTERN] [--every N] [--times N]
//
// IN and OUT are arrays of situations, as tests/data/browser-truth.json has them; the browsers'
// columns of OUT are what was measured now. `--times` measures all of them more than once and
// leaves out, and names, those that did not come out the same each time.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Chromium } from './chromium.mjs';
import { Firefox } from './firefox.mjs';
import { Server } from './server.mjs';
import { sleep } from './socket.mjs';

const BROWSERS = { chromium: Chromium, firefox: Firefox };

const { values: options, positionals: [input, output] } = parseArgs({ allowPositionals: true, options: {
  browser: { type: 'string', multiple: true, default: Object.keys(BROWSERS) },
  only: { type: 'string', default: '' }, every: { type: 'string', default: '1' }, times: { type: 'string', default: '1' },
} });
if (!output) throw new Error('usage: measure.mjs IN.json OUT.json [--browser NAME] [--only PATTERN] [--every N] [--times N]');

const situations = JSON.parse(readFileSync(input, 'utf8'))
  .filter(({ id }) => new RegExp(options.only).test(id))
  // Loopback by its own names is not the address that this run has for itself.
  .filter(({ steps }) => !/\/\/(localhost|127\.|\[)/.test(JSON.stringify(steps)))
  .filter((_, at) => at % Number(options.every) === 0);

const directory = mkdtempSync(join(tmpdir(), 'crosscheck-browsers-'));
// A loopback address of this run's own has all its ports free.
const address = `127.${1 + (process.pid & 63)}.${(process.pid >> 6) & 255}.77`;
const running = [];
let failed = false;
try {
  const { key, cert, spki } = certificate(directory);
  const server = new Server(address, { key, cert });
  await server.start();
  for (const name of options.browser) {
    const browser = await BROWSERS[name].start({ directory, address, spki });
    running.push(browser);
    const began = Date.now();
    for (let time = 0; time < Number(options.times); time++) {
      for (const [at, situation] of situations.entries()) {
        const base = `/~${name}-${time}-${at}`;
        const measured = await measure(server, browser, name, situation, base);
        const before = JSON.stringify(situation[name]);
        if (time > 0 && before !== JSON.stringify(measured)) {
          console.error(`unsteady in ${name}: ${situation.id}\n  ${before}\n  ${JSON.stringify(measured)}`);
          situation.unsteady = true;
        }
        situation[name] = measured;
      }
    }
    console.error(`${browser.version}: ${situations.length} situations in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    await browser.stop();
    running.pop();
  }
  server.stop();
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  for (const browser of running) browser.child.kill('SIGKILL');
  await sleep(200);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
if (failed) process.exit(4);
const kept = situations.filter(({ unsteady }) => !unsteady);
writeFileSync(output, `[\n${kept.map((situation) => JSON.stringify(situation)).join(',\n')}\n]\n`);
process.exit(0);

async function measure(server, browser, name, situation, base) {
  const place = (value) => JSON.parse(JSON.stringify(value).replaceAll('{base}', base));
  const unplace = (value) => JSON.parse(JSON.stringify(value).replaceAll(base, '{base}'));
  server.play(base, situation.server);
  const steps = [];
  for (const step of situation.steps) {
    if (step.wait_ms) await sleep(step.wait_ms);
    const result = await browser.step(place(step));
    if (step.kind === 'beacon') await sleep(100);
    const requests = server.take(base);
    steps.push(trimmed(unplace({ code: code(result, requests), ...result, requests }), name));
  }
  return steps;
}

/** What a replay compares. */
function trimmed({ error, ...result }, name) {
  const refused = result.verdict !== 'ok';
  if (refused && result.shown.length === 0 && error) result.shown = [error];
  if (!refused || name === 'firefox' && result.verdict === 'error' && result.shown.length === 0 || result.shown.length === 0) delete result.shown;
  if (!refused) delete result.cors_error;
  return result;
}

/** Outcome and requests in short; `tests/data/browser-truth.meta.json` says how. */
function code({ verdict, type }, requests) {
  const preflights = requests.filter(({ method, headers }) =>
    method === 'OPTIONS' && headers.some(([field]) => field === 'access-control-request-method')).length;
  const short = verdict !== 'ok' ? 'err' : type === 'opaque' ? 'opaque' : 'ok';
  const count = preflights > 1 ? preflights : '';
  if (requests.length === 0) return `${short}+0`;
  if (preflights === 0) return short;
  return `${short}+p${count}${preflights === requests.length ? '+a0' : ''}`;
}

function certificate(directory) {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
    '-keyout', key, '-out', cert, '-subj', '/CN=site.test',
    '-addext', 'subjectAltName=DNS:*.site.test,DNS:*.other.test,DNS:*.target.test,DNS:app.example.com,DNS:localhost'], { stdio: 'ignore' });
  const der = new X509Certificate(readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  return { key: readFileSync(key), cert: readFileSync(cert), spki: createHash('sha256').update(der).digest('base64') };
}
