// What runs in a page: does one step of a situation, in the page itself or in a frame of it.

const frames = new Map();
const waiting = new Map();

addEventListener('message', async ({ data, source }) => {
  if (data.ready) waiting.get(data.ready)?.();
  if (data.step) source.postMessage({ done: data.id, result: await perform(data.step) }, '*');
  if (data.done) waiting.get(data.done)?.(data.result);
});

async function run(step) {
  if (!step.frame) return perform(step);
  const frame = frames.get(step.frame) ?? await open(step.frame);
  frames.set(step.frame, frame);
  const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  frame.contentWindow.postMessage({ id, step: { ...step, frame: undefined } }, '*');
  return answer;
}

async function open(kind) {
  const id = `${kind}-${Math.random()}`;
  const ready = new Promise((resolve) => waiting.set(id, resolve));
  const source = document.querySelector('script').textContent;
  const page = `<!doctype html><meta charset=utf-8><script>${source}<\/script>`;
  const frame = document.createElement('iframe');
  if (kind.includes('sandbox')) frame.sandbox = 'allow-scripts';
  frame.name = id;
  if (kind === 'sandbox') frame.src = '/__page';
  else if (kind === 'data') frame.src = `data:text/html;charset=utf-8,${encodeURIComponent(page)}`;
  else if (kind === 'blob') frame.src = URL.createObjectURL(new Blob([page], { type: 'text/html' }));
  else if (kind.endsWith('srcdoc')) frame.srcdoc = page;
  else frame.src = `${kind}/__page`;
  document.body.append(frame);
  await ready;
  return frame;
}

if (parent !== self) parent.postMessage({ ready: name }, '*');

function perform(step) {
  const timeout = new Promise((resolve) => setTimeout(() => resolve({ verdict: 'pending' }), 8000));
  return Promise.race([timeout, steps[step.kind in steps ? step.kind : 'element'](step)]);
}

function body(value) {
  if (value === undefined || typeof value === 'string') return value;
  if (value.urlencoded !== undefined) return new URLSearchParams(value.urlencoded);
  if (value.blob !== undefined) return new Blob([value.blob], { type: value.type ?? '' });
  if (value.bytes) return new Uint8Array(value.bytes);
  const form = new FormData();
  for (const [name, text] of value.form) form.append(name, text);
  return form;
}

function lines(init) {
  const given = init.headers ?? [];
  const all = Array.isArray(given) ? [...given] : Object.entries(given);
  if (init.big_header) all.push([init.big_header[0], 'a'.repeat(init.big_header[1])]);
  return all;
}

const visible = (headers) => headers.map(([name, value]) => [name, name === 'date' ? '<date>' : value])
  .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

const steps = {
  async fetch({ url, init = {} }) {
    try {
      const { big_header: _, ...rest } = init;
      const response = await fetch(url, { ...rest, headers: lines(init), body: body(init.body) });
      const { type, status, redirected } = response;
      return { verdict: 'ok', type, status, redirected, url: response.url,
        headers: visible([...response.headers]), body: await response.text() };
    } catch (error) {
      return { verdict: error.name, error: String(error) };
    }
  },

  xhr({ url, init = {}, withCredentials }) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const end = (verdict) => resolve(verdict === 'ok' ? { verdict, status: request.status, url: request.responseURL,
        headers: visible(request.getAllResponseHeaders().trim().split('\r\n').filter(Boolean)
          .map((line) => line.split(/: ?(.*)/s).slice(0, 2))), body: request.responseText } : { verdict, status: request.status });
      try {
        request.open(init.method ?? 'GET', url);
        request.withCredentials = Boolean(withCredentials || init.withCredentials);
        for (const [name, value] of lines(init)) request.setRequestHeader(name, value);
        if (init.uploadListener) request.upload.onprogress = () => {};
        request.onload = () => end('ok');
        request.onerror = () => end('error');
        request.send(body(init.body));
      } catch (error) {
        resolve({ verdict: error.name, error: String(error) });
      }
    });
  },

  async beacon({ url, blob, body: text }) {
    navigator.sendBeacon(url, blob ? new Blob([blob[1]], { type: blob[0] }) : text);
    await new Promise((resolve) => setTimeout(resolve, 150));
    return { verdict: 'ok' };
  },

  eventsource({ url, withCredentials }) {
    return new Promise((resolve) => {
      const source = new EventSource(url, { withCredentials: Boolean(withCredentials) });
      const end = (verdict) => { source.close(); resolve({ verdict }); };
      source.onopen = () => end('ok');
      source.onerror = () => end('error');
    });
  },

  async font({ url }) {
    try {
      await new FontFace(`f${Math.random()}`.replace('.', ''), `url("${url}")`).load();
      return { verdict: 'ok' };
    } catch {
      return { verdict: 'error' };
    }
  },

  element({ kind, url, crossorigin, as }) {
    return new Promise((resolve) => {
      const element = document.createElement({ css: 'link', preload: 'link', module: 'script' }[kind] ?? kind);
      if (crossorigin !== undefined) element.setAttribute('crossorigin', crossorigin);
      if (kind === 'css') element.rel = 'stylesheet';
      if (kind === 'module') element.type = 'module';
      if (kind === 'preload') { element.rel = 'preload'; element.as = as; }
      element.onload = () => resolve({ verdict: 'ok' });
      element.onerror = () => resolve({ verdict: 'error' });
      element[element.localName === 'link' ? 'href' : 'src'] = url;
      if (kind !== 'img') document.head.append(element);
    });
  },
};
