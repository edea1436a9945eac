// Firefox over WebDriver BiDi: one tab for each top-level origin, kept open.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address } from './chromium.mjs';
import { Socket, sleep } from './socket.mjs';

/** How long the console may lag behind the promise, in milliseconds. */
const SETTLE = 60;

const PREFS = JSON.parse(readFileSync(new URL('../../tests/data/browser-truth.meta.json', import.meta.url))).firefox_prefs;

/** The console's words for a refusal, by the key that the browser has for them. */
const REASONS = [
  [/‘Access-Control-Allow-Origin’ missing/, 'CORSMissingAllowOrigin2'],
  [/Multiple CORS header/, 'CORSMultipleAllowOriginNotAllowed'],
  [/‘Access-Control-Allow-Origin’ does not match/, 'CORSAllowOriginNotMatchingOrigin'],
  [/Credential is not supported/, 'CORSNotSupportingCredentials'],
  [/expected ‘true’ in CORS header/, 'CORSMissingAllowCredentials'],
  [/CORS preflight response did not succeed/, 'CORSPreflightDidNotSucceed3'],
  [/CORS request external redirect not allowed/, 'CORSExternalRedirectNotAllowed'],
  [/Did not find method/, 'CORSMethodNotFound'],
  [/invalid token ‘.*’ in CORS header ‘Access-Control-Allow-Methods’/s, 'CORSInvalidAllowMethod'],
  [/invalid token ‘.*’ in CORS header ‘Access-Control-Allow-Headers’/s, 'CORSInvalidAllowHeader'],
  [/is not allowed according to header ‘Access-Control-Allow-Headers’/, 'CORSMissingAllowHeaderFromPreflight2'],
  [/CORS request not http/, 'CORSRequestNotHttp'],
  [/CORS request did not succeed/, 'CORSDidNotSucceed2'],
];

export class Firefox {
  static async start({ directory, address }) {
    const profile = mkdtempSync(join(directory, 'firefox-'));
    const prefs = { ...PREFS, 'network.dns.forceResolve': address };
    writeFileSync(join(profile, 'user.js'), Object.entries(prefs)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''));
    const child = spawn('firefox-esr', ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', 'about:blank'],
      { env: { ...process.env, HOME: directory }, stdio: ['ignore', 'ignore', 'pipe'] });
    const endpoint = await new Promise((resolve, reject) => {
      let text = '';
      setTimeout(() => reject(new Error(`Firefox did not start: ${text}`)), 60_000).unref();
      child.once('error', () => reject(new Error('no Firefox: apt-get install firefox-esr')));
      child.stderr.on('data', (bytes) => {
        text += bytes;
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(text);
        if (found) resolve(found[1]);
      });
    });
    const browser = new Firefox();
    Object.assign(browser, { child, directory, tabs: new Map(), lines: [] });
    browser.socket = await Socket.connect(`${endpoint}/session`);
    browser.socket.onEvent = ({ method, params }) => {
      if (method === 'log.entryAdded' && params.text) browser.lines.push(params.text);
    };
    const { capabilities } = await browser.socket.send('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    await browser.socket.send('session.subscribe', { events: ['log.entryAdded'] });
    browser.version = `Firefox/${capabilities.browserVersion}`;
    return browser;
  }

  async #tab(top) {
    if (this.tabs.has(top)) return this.tabs.get(top);
    const { context } = await this.socket.send('browsingContext.create', { type: 'tab' });
    await this.socket.send('browsingContext.navigate', { context, url: address(top, this.directory), wait: 'complete' });
    this.tabs.set(top, context);
    return context;
  }

  async step(step) {
    const context = await this.#tab(step.top);
    this.lines.length = 0;
    const expression = `run(${JSON.stringify(step)}).then(JSON.stringify)`;
    const answer = await this.socket.send('script.evaluate', { expression, target: { context }, awaitPromise: true });
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
    await sleep(SETTLE);
    const shown = this.lines.filter((line) => /Cross-Origin|Security Error|can’t establish|NetworkError|Blocked|None of the “sha/.test(line));
    const errors = shown.flatMap((line) => REASONS.filter(([words]) => words.test(line)).slice(0, 1).map(([, key]) => key));
    return { ...JSON.parse(answer.result.value), cors_error: errors.length > 1 ? errors : errors[0], shown };
  }

  async stop() {
    await this.socket.send('browser.close').catch(() => {});
    const ended = await Promise.race([new Promise((resolve) => this.child.once('exit', () => resolve(true))), sleep(3000)]);
    if (!ended) this.child.kill('SIGKILL');
  }
}
