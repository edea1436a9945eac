// Plays a situation's dictated answers and records the requests as they come on the wire.
//
// Answers are written byte for byte, with the control bytes, doubled lines and odd spacing that
// an HTTP library would refuse to send; that is why this speaks HTTP/1.1 itself.

import net from 'node:net';
import tls from 'node:tls';
import { readFileSync } from 'node:fs';

/** The request fields that a replay compares. */
export const COMPARED = new Set([
  'access-control-request-headers', 'access-control-request-method', 'authorization', 'cache-control',
  'content-language', 'content-type', 'cookie', 'if-modified-since', 'if-none-match', 'last-event-id',
  'origin', 'pragma', 'range',
]);

/** Where pages and their targets listen; port 9089 is left closed. */
export const PORTS = { plain: [80, 8080, 9090], secure: [443, 8443, 9443] };

const HARNESS = readFileSync(new URL('page.js', import.meta.url), 'utf8');
export const PAGE = `<!doctype html><meta charset=utf-8><link rel=icon href='data:,'><script>${HARNESS}</script>`;

export class Server {
  /** @param {string} address a loopback address, and with it all ports, of this run's own */
  constructor(address, { key, cert }) {
    this.address = address;
    this.situations = new Map();
    this.sockets = new Set();
    this.listeners = [
      ...PORTS.plain.map((port) => [net.createServer((socket) => this.#serve(socket)), port]),
      ...PORTS.secure.map((port) => [tls.createServer({ key, cert, ALPNProtocols: ['http/1.1'] },
        (socket) => this.#serve(socket)), port]),
    ];
  }

  async start() {
    for (const [listener, port] of this.listeners) {
      listener.on('tlsClientError', () => {});
      await new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(port, this.address, resolve);
      });
    }
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    for (const [listener] of this.listeners) listener.close();
  }

  /** Answers under `base` by these rules from now on. */
  play(base, rules) {
    this.situations.set(base, { base, rules, used: rules.map(() => 0), requests: [] });
  }

  /** The requests under `base` since they were last taken. */
  take(base) {
    return this.situations.get(base).requests.splice(0);
  }

  #serve(socket) {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    let pending = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const request = parse(pending.subarray(0, end).toString('latin1'));
        const rest = bodyEnd(pending, end + 4, request);
        if (rest === null) return;
        pending = pending.subarray(rest);
        this.#answer(socket, request);
      }
    });
  }

  #answer(socket, request) {
    const [, base, path] = /^(\/~[^/]*)(.*)$/s.exec(request.target) ?? [];
    const situation = this.situations.get(base);
    if (!situation) {
      const page = request.target === '/__page' ? PAGE : '';
      const status = page ? 200 : 404;
      return write(socket, request, status, [['Content-Type', 'text/html'], ['Cache-Control', 'no-store']], page);
    }
    const host = request.text('host') ?? '';
    const origin = request.text('origin');
    situation.requests.push({ method: request.method, host, path, headers: compared(request.lines, base) });
    const at = situation.rules.findIndex((rule, at) =>
      (rule.on === '*' || rule.on === request.method)
      && (rule.path === undefined || rule.path === path)
      && (rule.host === undefined || rule.host === host)
      && (rule.if === undefined || request.text(rule.if) !== undefined)
      && (rule.from === undefined || rule.from === (origin ?? ''))
      && (rule.times === undefined || situation.used[at] < rule.times));
    if (at < 0) return write(socket, request, 599, [], '');
    situation.used[at] += 1;
    const rule = situation.rules[at];
    if (rule.close) return socket.destroy();
    if (rule.raw !== undefined) return dictate(socket, rule, base);
    const headers = rule.headers
      .filter(([, value]) => origin !== undefined || !value.includes('{origin}'))
      .map(([name, value]) => [name, value.replaceAll('{base}', base).replaceAll('{origin}', origin)]);
    write(socket, request, rule.status, headers, rule.body);
  }
}

function parse(head) {
  const [first, ...rest] = head.split('\r\n');
  const [method, target] = first.split(' ');
  const lines = rest.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return { method, target, lines, text: (name) => lines.find(([field]) => field === name.toLowerCase())?.[1] };
}

/** Where the next request begins, or null while the body is not whole. */
function bodyEnd(bytes, start, request) {
  if (/chunked/i.test(request.text('transfer-encoding') ?? '')) {
    const end = bytes.indexOf('0\r\n\r\n', start);
    return end < 0 ? null : end + 5;
  }
  const end = start + Number(request.text('content-length') ?? 0);
  return bytes.length < end ? null : end;
}

function compared(lines, base) {
  const found = new Map();
  for (const [name, value] of lines) {
    if (!COMPARED.has(name)) continue;
    const shown = name === 'content-type' ? value.replace(/(boundary=).*/s, '$1') : value.replaceAll(base, '{base}');
    found.set(name, found.has(name) ? `${found.get(name)}, ${shown}` : shown);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Writes an answer byte for byte; `late` are bytes after a while, and `end` closes the connection. */
function dictate(socket, { raw, late = [], end = false }, base) {
  const bytes = (text) => Buffer.from(text.replaceAll('{base}', base), 'latin1');
  socket.write(bytes(raw));
  for (const [ms, text] of late) setTimeout(() => socket.writable && socket.write(bytes(text)), ms);
  if (end) socket.end();
}

function write(socket, request, status, headers, body) {
  const content = Buffer.from(body, 'utf8');
  const bare = status === 204 || status === 304;
  const head = [`HTTP/1.1 ${status} X`, ...headers.map(([name, value]) => `${name}: ${value}`),
    `Date: ${new Date().toUTCString()}`, ...(bare ? [] : [`Content-Length: ${content.length}`])];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  socket.write(bare || request.method === 'HEAD' ? bytes : Buffer.concat([bytes, content]));
}
