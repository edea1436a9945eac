// Chromium over the DevTools protocol: one tab for each top-level origin, kept open.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Socket, sleep } from './socket.mjs';
import { PAGE } from './server.mjs';

/** How long the console may lag behind the promise, in milliseconds. */
const SETTLE = 15;

export class Chromium {
  static async start({ directory, address, spki }) {
    const profile = mkdtempSync(join(directory, 'chromium-'));
    // The wrapper in /usr/bin adds flags of its own.
    const binary = ['/usr/lib/chromium/chromium', '/usr/bin/chromium'].find(existsSync);
    if (!binary) throw new Error('no Chromium: apt-get install chromium');
    const child = spawn(binary, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-default-browser-check',
      '--disable-default-apps', '--disable-extensions', '--mute-audio', '--disable-dev-shm-usage',
      `--host-resolver-rules=MAP * ${address}`, `--user-data-dir=${profile}`, '--remote-debugging-port=0',
      `--ignore-certificate-errors-spki-list=${spki}`,
      '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,HttpsUpgrades,'
        + 'HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter,Translate',
      'about:blank'], { stdio: 'ignore' });
    const file = join(profile, 'DevToolsActivePort');
    for (let tries = 0; tries < 300 && !(existsSync(file) && readFileSync(file, 'utf8').includes('\n')); tries++) await sleep(100);
    const [port, path] = readFileSync(file, 'utf8').trim().split('\n');
    const browser = new Chromium();
    Object.assign(browser, { child, directory, tabs: new Map(), events: [] });
    browser.socket = await Socket.connect(`ws://127.0.0.1:${port}${path}`);
    browser.socket.onEvent = (event) => browser.#event(event);
    browser.version = (await browser.socket.send('Browser.getVersion')).product;
    return browser;
  }

  #event({ method, params, sessionId }) {
    if (method === 'Target.attachedToTarget') this.#observe(params.sessionId);
    if (method === 'Network.loadingFailed' || method === 'Log.entryAdded') this.events.push({ method, params, sessionId });
  }

  #observe(session) {
    for (const domain of ['Network', 'Log', 'Runtime']) this.socket.send(`${domain}.enable`, {}, { sessionId: session }).catch(() => {});
    this.socket.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true },
      { sessionId: session }).catch(() => {});
  }

  async #tab(top) {
    if (this.tabs.has(top)) return this.tabs.get(top);
    const { targetId } = await this.socket.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.socket.send('Target.attachToTarget', { targetId, flatten: true });
    const send = (method, params) => this.socket.send(method, params, { sessionId });
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`);
    await send('Page.navigate', { url: address(top, this.directory) });
    for (let tries = 0; tries < 100; tries++) {
      const { result } = await send('Runtime.evaluate', { expression: 'document.readyState === "complete" && typeof run' });
      if (result.value === 'function') break;
      await sleep(30);
    }
    this.tabs.set(top, send);
    return send;
  }

  async step(step) {
    const send = await this.#tab(step.top);
    this.events.length = 0;
    const expression = `run(${JSON.stringify(step)})`;
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    await sleep(SETTLE);
    const failures = this.events.filter(({ method, params }) => method === 'Network.loadingFailed' && params.corsErrorStatus);
    const shown = this.events.filter(({ method }) => method === 'Log.entryAdded').map(({ params }) => params.entry.text)
      .filter((text) => !/^Failed to load resource: the server responded|preloaded|site data|Clear-Site-Data/i.test(text));
    return { ...result.value, cors_error: failures.at(-1)?.params.corsErrorStatus.corsError, shown };
  }

  async stop() {
    await this.socket.send('Browser.close').catch(() => {});
    const ended = await Promise.race([new Promise((resolve) => this.child.once('exit', () => resolve(true))), sleep(3000)]);
    if (!ended) this.child.kill('SIGKILL');
  }
}

/** Where a top-level page of this origin is opened. */
export function address(top, directory) {
  if (top === 'data:') return `data:text/html;charset=utf-8,${encodeURIComponent(PAGE)}`;
  if (top !== 'file:') return `${top}/__page`;
  const file = join(directory, 'page.html');
  writeFileSync(file, PAGE);
  return `file://${file}`;
}
