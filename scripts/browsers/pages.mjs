// Opens pages of runs and of load runs as people do: on a desk and on a phone, light and dark, with the keyboard alone,
// and printed; and has axe look for what would hinder a screen reader. usage: pages.mjs AXE.js PAGE.html …

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Chromium } from './chromium.mjs';
import { sleep } from './socket.mjs';

/** What a page must hold, as expressions in it; each gives what is wrong, or nothing. */
const MUST = {
  'nothing is wider than the page': `(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? scrollWidth + ' > ' + clientWidth : '';
  })()`,
  'every plot has a name, a sentence and a legend': `[...document.querySelectorAll('figure.plot')]
    .filter((figure) => !figure.querySelector('svg > title')?.textContent || !figure.querySelector('svg > desc')?.textContent
      || !figure.querySelector('.legend li'))
    .map((figure) => figure.id).join(' ')`,
  'no label of a plot lies outside of it': `[...document.querySelectorAll('figure.plot svg[role=img]')].flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
    }).map((text) => text.textContent);
  }).join(', ')`,
  'no two labels of the axes touch': `[...document.querySelectorAll('figure.plot svg[role=img]')].flatMap((svg) => {
    const ticks = [...svg.querySelectorAll("text.tick, text.axis")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    return ticks.flatMap(([name, a], index) => ticks.slice(index + 1)
      .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3)
      .map(([other]) => svg.closest('figure').id + ': ' + name + ' and ' + other));
  }).join(', ')`,
  'text is 4.5 times as light or dark as its ground': `(() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = parts(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
      }
      return [255, 255, 255];
    };
    const faint = new Set();
    for (const element of document.querySelectorAll('body *')) {
      if (!(element.checkVisibility?.() ?? true)) continue;
      if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
      const style = getComputedStyle(element);
      const [a, b] = [light(parts(element.ownerSVGElement ? style.fill : style.color)), light(ground(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) faint.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2));
    }
    return [...faint].join(', ');
  })()`,
};

const [axe, ...files] = process.argv.slice(2);
const axeSource = readFileSync(axe, 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'pages-'));
const browser = await Chromium.start({ directory, address: '127.0.0.1', spki: '' });
const problems = [];
try {
  for (const file of files) await look(file);
} finally {
  await browser.stop();
  rmSync(directory, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(`${files.length} pages in ${browser.version}: ${problems.length ? `${problems.length} problems` : 'in order'}`);
process.exit(problems.length ? 1 : 0);

async function look(file) {
  const { targetId } = await browser.socket.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.socket.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method, params) => browser.socket.send(method, params, { sessionId });
  const ask = async (expression) => (await send('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  const must = (what, wrong) => wrong && problems.push(`${file}: ${what}: ${wrong}`);
  const asked = [];
  browser.socket.onEvent = ({ method, params }) => {
    if (method === 'Network.requestWillBeSent') asked.push(params.request.url);
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') must('nothing goes wrong in it', JSON.stringify(params));
  };
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`);
  const address = pathToFileURL(resolve(file)).href;
  for (const [width, mobile] of [[1280, false], [390, true]]) {
    await send('Emulation.setDeviceMetricsOverride', { width, height: 844, deviceScaleFactor: 1, mobile });
    for (const value of ['light', 'dark']) {
      await send('Emulation.setEmulatedMedia', { media: 'screen', features: [{ name: 'prefers-color-scheme', value }] });
      await send('Page.navigate', { url: address });
      for (let tries = 0; tries < 100 && (await ask('document.readyState')) !== 'complete'; tries++) await sleep(20);
      await ask('document.querySelectorAll("details").forEach((details) => { details.open = true; })');
      for (const [what, expression] of Object.entries(MUST)) must(`${what} (${width}, ${value})`, await ask(expression));
    }
  }
  if (await ask('Boolean(document.getElementById("filter"))')) await filtered(send, ask, must, address);
  must('nothing was scripted by what an endpoint said', await ask('window.scripted ? "scripted" : ""'));
  must('it loads nothing', asked.filter((url) => url !== address).join(' '));
  await keyboard(send, ask, must);
  await send('Runtime.evaluate', { expression: axeSource });
  const { result } = await send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .map(({ id, nodes }) => id + ' (' + nodes.length + '): ' + nodes[0].html.slice(0, 120)).join('; '))`,
    awaitPromise: true,
    returnByValue: true,
  });
  must('axe finds nothing', result.value);
  await send('Emulation.setEmulatedMedia', { media: 'print', features: [] });
  await send('Emulation.setDeviceMetricsOverride', { width: 720, height: 1000, deviceScaleFactor: 1, mobile: false });
  await ask('document.querySelectorAll("details").forEach((details) => { details.open = false; })');
  // Printed, nothing can be scrolled to or unfolded.
  must('nothing is cut in print', await ask(`[...document.querySelectorAll('.scroll, pre')]
    .filter((box) => box.scrollWidth > document.documentElement.clientWidth || box.clientHeight < box.scrollHeight - 1)
    .map((box) => box.ariaLabel ?? box.textContent.slice(0, 40)).join(', ')`));
  must('all is unfolded in print', await ask(`[...document.querySelectorAll('details > *:not(summary)')]
    .filter((inside) => inside.getBoundingClientRect().height === 0 && !inside.closest('.case.good')).map((inside) => inside.textContent.slice(0, 40)).join(', ')`));
  await browser.socket.send('Target.closeTarget', { targetId });
}

/** The filter of the tests works, is in the address, and comes back with it; an exchange opens below its test. */
async function filtered(send, ask, must, address) {
  const state = `({ shown: document.querySelectorAll('.tests > li:not([hidden])').length, hash: location.hash })`;
  const all = (await ask(state)).shown;
  await ask(`(() => {
    const form = document.getElementById('filter');
    form.elements.q.value = 'cache endpoint';
    form.dispatchEvent(new Event('input', { bubbles: true }));
  })()`);
  const some = await ask(state);
  must('the filter hides tests', some.shown < all || all < 2 ? '' : `${some.shown} of ${all}`);
  must('the filter is in the address', some.hash === '#filter:q=cache+endpoint' ? '' : some.hash);
  await send('Page.navigate', { url: 'about:blank' });
  await send('Page.navigate', { url: address + some.hash });
  for (let tries = 0; tries < 100 && (await ask('document.readyState')) !== 'complete'; tries++) await sleep(20);
  await sleep(50);
  const again = await ask(state);
  must('the filter comes back with the address', again.shown === some.shown ? '' : `${again.shown}, not ${some.shown}`);
  must('an exchange opens below its test, and closes', await ask(`(() => {
    const button = document.querySelector('.tests button[data-x]');
    if (!button) return '';
    button.click();
    const open = button.closest('li').querySelector('.inline');
    if (!open?.textContent.includes('Host:') || button.ariaExpanded !== 'true') return 'it does not open';
    button.click();
    return button.closest('li').querySelector('.inline') ? 'it does not close' : '';
  })()`));
  await send('Page.navigate', { url: 'about:blank' });
  await send('Page.navigate', { url: address });
  for (let tries = 0; tries < 100 && (await ask('document.readyState')) !== 'complete'; tries++) await sleep(20);
}

/** Each stop of the Tab key is seen, and the arrow keys tell the figures of a moment. */
async function keyboard(send, ask, must) {
  const press = async (key) => {
    for (const type of ['rawKeyDown', 'keyUp']) await send('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: { Tab: 9, ArrowRight: 39 }[key] });
  };
  await ask('document.activeElement.blur(); window.scrollTo(0, 0)');
  for (let stops = 0; stops < 200; stops++) {
    await press('Tab');
    const stop = await ask(`(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return '';
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      return (outlineStyle === 'none' || parseFloat(outlineWidth) < 1 ? 'unseen ' : '') + at.outerHTML.slice(0, 60);
    })()`);
    if (!stop) break;
    if (stop.startsWith('unseen')) must('where the keyboard is is seen', stop);
  }
  const plots = await ask('[...document.querySelectorAll("figure.plot")].filter((plot) => plot.querySelector(".slots")).map((plot) => plot.id)');
  for (const id of plots) {
    await ask(`document.querySelector('#${id} .scroll').focus()`);
    await press('ArrowRight');
    const [told, first] = await ask(`['.readout', '.slots li'].map((part) => document.querySelector('#${id} ' + part).textContent)`);
    must('the arrow keys tell the figures of a moment', told === first ? '' : `${id}: ${told}`);
  }
}
