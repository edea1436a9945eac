// Writes the situations about the bytes of a response head: node scripts/browsers/heads.mjs OUT.json
//
// Each has one answer that is dictated byte for byte (`raw`, one character for each byte), where
// `tests/data/browser-truth.json` has fields. They say which heads a browser takes for which
// response, before anything is decided about CORS.

import { writeFileSync } from 'node:fs';

const PAGE = 'http://a.site.test:8080';
const TARGET = 'http://api.site.test:9090';
const situations = [];

function add(id, situation, raw, { init, path = '/x', more = [], rest = {} } = {}) {
  situations.push({
    id: `rh-${id}`, group: 'response-head', situation,
    server: [{ on: '*', path, raw, ...rest }, ...more],
    steps: [{ origin: PAGE, top: PAGE, kind: 'fetch', url: `${TARGET}{base}${path}`, ...(init ? { init } : {}) }],
  });
}

/** A whole answer whose field lines stand as they are given. */
function answer(lines, { status = 'HTTP/1.1 200 OK\r\n', body = 'ok', length = true } = {}) {
  return `${status}${lines}${length ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`;
}

const ACAO = 'Access-Control-Allow-Origin: *\r\n';
const EXPOSE = 'Access-Control-Expose-Headers: *\r\n';
const OPEN = ACAO + EXPOSE;
const MINE = `Access-Control-Allow-Origin: ${PAGE}\r\n`;
const hex = (byte) => byte.toString(16).padStart(2, '0');
// The other control bytes came out as 0x01 does.
const BYTES = [0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x20, 0x22, 0x2c, 0x7f, 0x80, 0xff];

for (const byte of BYTES) {
  const [b, name] = [String.fromCharCode(byte), hex(byte)];
  // A line feed before a line's end would end the head.
  const inLine = byte === 0x0a ? () => {} : add;
  add(`value-${name}`, `0x${name} within a value`, answer(`${OPEN}X-A: a${b}c\r\nX-B: 2\r\n`));
  add(`value-start-${name}`, `0x${name} before a value`, answer(`${OPEN}X-A: ${b}a\r\n`));
  inLine(`value-end-${name}`, `0x${name} after a value`, answer(`${OPEN}X-A: a${b}\r\n`));
  inLine(`acao-end-${name}`, `ACAO * and 0x${name}`, answer(`Access-Control-Allow-Origin: *${b}\r\n`));
  add(`acao-start-${name}`, `ACAO 0x${name} and *`, answer(`Access-Control-Allow-Origin: ${b}*\r\n`));
  add(`acao-second-${name}`, `ACAO * and a second line that is 0x${name}`,
    answer(`${ACAO}Access-Control-Allow-Origin: ${b}\r\n`));
  inLine(`acac-${name}`, `ACAC true and 0x${name}`,
    answer(`${MINE}Access-Control-Allow-Credentials: true${b}\r\n`), { init: { credentials: 'include' } });
  inLine(`acac-second-${name}`, `ACAC true and a second line that is 0x${name}`,
    answer(`${MINE}Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Credentials: ${b}\r\n`),
    { init: { credentials: 'include' } });
  add(`location-${name}`, `0x${name} within Location`,
    answer(`${ACAO}Location: {base}/y${b}z\r\n`, { status: 'HTTP/1.1 302 Found\r\n', body: '' }),
    { more: [{ on: '*', raw: answer(ACAO) }] });
  add(`location-end-${name}`, `0x${name} after Location`,
    answer(`${ACAO}Location: {base}/y${b}\r\n`, { status: 'HTTP/1.1 302 Found\r\n', body: '' }),
    { more: [{ on: '*', raw: answer(ACAO) }] });
  add(`name-${name}`, `0x${name} within a name`, answer(`${OPEN}X${b}A: 1\r\nX-B: 2\r\n`));
  add(`name-end-${name}`, `0x${name} after the name of ACAO`, answer(`Access-Control-Allow-Origin${b}: *\r\n`));
  add(`name-start-${name}`, `0x${name} before the name of ACAO`, answer(`X-B: 2\r\n${b}Access-Control-Allow-Origin: *\r\n`));
  add(`reason-${name}`, `0x${name} within the reason phrase`, answer(OPEN, { status: `HTTP/1.1 200 O${b}K\r\n` }));
}

for (const [id, lines] of Object.entries({
  'no-colon': `no field\r\n${OPEN}X-B: 2\r\n`,
  'no-colon-between': `${OPEN}no field\r\nX-B: 2\r\n`,
  'no-colon-acao': `Access-Control-Allow-Origin *\r\n`,
  'empty-name': `${OPEN}: 1\r\nX-B: 2\r\n`,
  'empty-value': `${OPEN}X-A:\r\nX-B: 2\r\n`,
  'space-before-colon': `Access-Control-Allow-Origin : *\r\n`,
  'spaces-before-colon': `Access-Control-Allow-Origin  \t: *\r\n`,
  'fold': `${OPEN}X-A: 1\r\n 2\r\nX-B: 2\r\n`,
  'fold-tab': `${OPEN}X-A: 1\r\n\t2\r\n`,
  'fold-many': `${OPEN}X-A: 1 \t\r\n \t  2\t\r\n   3\r\n`,
  'fold-acao': `Access-Control-Allow-Origin:\r\n *\r\n`,
  'fold-acao-empty': `Access-Control-Allow-Origin: *\r\n \r\n`,
  'fold-acao-empty-then': `Access-Control-Allow-Origin: *\r\n \r\nX-B: 2\r\n`,
  'fold-first': ` Access-Control-Allow-Origin: *\r\n`,
  'fold-first-then': ` X-A: 1\r\n${OPEN}`,
  'fold-after-no-colon': `no field\r\n X-A: 1\r\n${OPEN}`,
  'fold-colon': `${OPEN}X-A: 1\r\n X-C: 3\r\n`,
  'fold-acac': `${OPEN}X-A: 1\n 2\n`,
  'lf': `Access-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *\nX-A: 1\n`,
  'cr': `${OPEN}X-A: 1\rX-B: 2\r\n`,
  'cr-acao': `X-A: 1\rAccess-Control-Allow-Origin: *\r\n`,
  'crcrlf': `Access-Control-Allow-Origin: *\r\r\n${EXPOSE}X-A: 1\r\r\n`,
  'lfcr': `Access-Control-Allow-Origin: *\n\r${EXPOSE}X-A: 1\r\n`,
  'twice': `${OPEN}X-A: 1\r\nx-a: 2\r\n`,
  'twice-empty': `${OPEN}X-A: 1\r\nX-A: \r\nX-A: 3\r\n`,
  'acao-empty-second': `${ACAO}Access-Control-Allow-Origin:\r\n`,
  'acao-empty-first': `Access-Control-Allow-Origin:\r\n${ACAO}`,
  'acac-empty-second': `${ACAO}Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Credentials:\r\n`,
  'second-status-line': `${OPEN}HTTP/1.1 200 OK\r\nX-B: 2\r\n`,
  'second-status-line-first': `HTTP/1.1 403 No\r\n${OPEN}X-B: 2\r\n`,
  'name-colon-in-value': `${OPEN}X-A: b: c\r\n`,
  'no-space': `Access-Control-Allow-Origin:*\r\n`,
})) add(`lines-${id}`, `field lines: ${id}`, answer(lines));
add('lines-acac-empty-second-included', 'ACAC true and an empty second line',
  answer(`${MINE}Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Credentials:\r\n`), { init: { credentials: 'include' } });
add('lines-acac-empty-first-included', 'ACAC empty and a second line true',
  answer(`${MINE}Access-Control-Allow-Credentials:\r\nAccess-Control-Allow-Credentials: true\r\n`), { init: { credentials: 'include' } });

for (const [id, end] of Object.entries({ 'lflf': '\n\n', 'crlflf': '\r\n\n', 'lfcrlf': '\n\r\n', 'crcr': '\r\r', 'lfcr': '\n\r', 'crlfcr': '\r\n\rX' })) {
  add(`end-${id}`, `the head ends with ${id}`, `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *${end}ok`, { rest: { end: true } });
}

for (const [id, status] of Object.entries({
  'spaces': 'HTTP/1.1  200  OK', 'tab': 'HTTP/1.1\t200 OK', 'tab-reason': 'HTTP/1.1 200\tOK', 'bare': 'HTTP/1.1 200', 'bare-space': 'HTTP/1.1 200 ',
  'glued': 'HTTP/1.1 200OK', 'four-digits': 'HTTP/1.1 2000 OK', 'two-digits': 'HTTP/1.1 20 OK', '099': 'HTTP/1.1 099 OK', '000': 'HTTP/1.1 000 OK', '0200': 'HTTP/1.1 0200 OK',
  '600': 'HTTP/1.1 600 OK', '999': 'HTTP/1.1 999 OK', '1000': 'HTTP/1.1 1000 OK', 'word': 'HTTP/1.1 abc OK', 'none': 'HTTP/1.1', 'none-space': 'HTTP/1.1 ',
  'negative': 'HTTP/1.1 -200 OK', 'plus': 'HTTP/1.1 +200 OK', 'lower': 'http/1.1 200 OK', 'mixed': 'Http/1.1 200 OK', '1.10': 'HTTP/1.10 200 OK', '11.1': 'HTTP/11.1 200 OK',
  '2': 'HTTP/2 200 OK', '2.0': 'HTTP/2.0 200 OK', '3.0': 'HTTP/3.0 200 OK', '1.2': 'HTTP/1.2 200 OK', '1.9': 'HTTP/1.9 200 OK', '1.0': 'HTTP/1.0 200 OK', '0.9': 'HTTP/0.9 200 OK', '1': 'HTTP/1 200 OK',
  'no-version': 'HTTP 200 OK', 'no-version-slash': 'HTTP/ 200 OK', 'version-word': 'HTTP/a.b 200 OK', '1.x': 'HTTP/1.x 200 OK', '01.01': 'HTTP/01.01 200 OK', '1.1x': 'HTTP/1.1x 200 OK', '1.-1': 'HTTP/1.-1 200 OK',
  'icy': 'ICY 200 OK', 'icy-lower': 'icy 200 OK', 'shout': 'SHOUTCAST 200 OK', 'other': 'FTP/1.1 200 OK', 'glued-version': 'HTTP/1.1200 OK', 'decimal': 'HTTP/1.1 200.1 OK', 'comma': 'HTTP/1.1 200, OK',
  'space-before': ' HTTP/1.1 200 OK', 'tab-before': '\tHTTP/1.1 200 OK', 'crlf-before': '\r\nHTTP/1.1 200 OK', 'lf-before': '\nHTTP/1.1 200 OK', 'crlfs-before': '\r\n\r\nHTTP/1.1 200 OK', 'crlfs3-before': '\r\n\r\n\r\nHTTP/1.1 200 OK',
  'four-lf-before': '\n\n\n\nHTTP/1.1 200 OK', 'five-lf-before': '\n\n\n\n\nHTTP/1.1 200 OK', 'cr-before': '\rHTTP/1.1 200 OK',
  'junk1': 'xHTTP/1.1 200 OK', 'junk4': 'xxxxHTTP/1.1 200 OK', 'junk5': 'xxxxxHTTP/1.1 200 OK', 'junk-line': 'xx\r\nHTTP/1.1 200 OK', 'junk-line5': 'xxxxx\r\nHTTP/1.1 200 OK',
  'nul-before': '\0HTTP/1.1 200 OK', 'bom': '\xef\xbb\xbfHTTP/1.1 200 OK', 'text': 'hello', 'html': '<html>',
})) {
  add(`status-${id}`, `status line: ${id}`, answer(OPEN, { status: `${status}\r\n` }), { rest: { end: true } });
}
add('status-lf', 'status line that ends with LF', answer(OPEN, { status: 'HTTP/1.1 200 OK\n' }));
add('status-cr', 'status line that ends with CR', answer(OPEN, { status: 'HTTP/1.1 200 OK\r' }), { rest: { end: true } });
add('nothing', 'no bytes, closed', '', { rest: { end: true } });
add('half-head', 'closed within the head', `HTTP/1.1 200 OK\r\n${ACAO}Content-Length: 2\r\n`, { rest: { end: true } });
add('half-line', 'closed within a field line', `HTTP/1.1 200 OK\r\n${ACAO}X-A: 1`, { rest: { end: true } });
add('half-status', 'closed within the status line', 'HTTP/1.1 200 OK', { rest: { end: true } });

const final = answer(OPEN);
const interim = (code, lines = '') => `HTTP/1.1 ${code} Interim\r\n${lines}\r\n`;
for (const [id, raw] of Object.entries({
  '100': interim(100) + final, '102': interim(102) + final, '103': interim(103, 'Link: </a>; rel=preload\r\n') + final, '110': interim(110) + final, '199': interim(199) + final,
  '100-acao': interim(100, ACAO) + answer(''), '103-acao': interim(103, ACAO) + answer(''),
  '100-twenty': interim(100).repeat(20) + final, '103-twenty': interim(103).repeat(20) + final,
  '100-101': interim(100) + interim(101, OPEN), '101': interim(101, OPEN), '101-upgrade': interim(101, `${OPEN}Upgrade: websocket\r\nConnection: Upgrade\r\n`),
  '101-200': interim(101) + final, '101-upgrade-200': interim(101, 'Upgrade: h2c\r\nConnection: Upgrade\r\n') + final, '100-only': interim(100), '100-length': interim(100, 'Content-Length: 2\r\n') + final,
  '100-crlf': `${interim(100)}\r\n${final}`, '100-junk': `${interim(100)}xx${final}`, '100-http10': `HTTP/1.0 100 Interim\r\n\r\n${final}`,
})) add(`interim-${id}`, `interim responses: ${id}`, raw, { rest: { end: true } });

const framed = (lines, body, { status = 'HTTP/1.1 200 OK\r\n' } = {}) => `${status}${OPEN}${lines}\r\n${body}`;
const TE = 'Transfer-Encoding: chunked\r\n';
for (const [id, raw] of Object.entries({
  'close': framed('', 'ok'), 'length-short': framed('Content-Length: 5\r\n', 'ok'), 'length-long': framed('Content-Length: 1\r\n', 'ok'),
  'length-same': framed('Content-Length: 2\r\nContent-Length: 2\r\n', 'ok'), 'length-list-same': framed('Content-Length: 2, 2\r\n', 'ok'),
  'length-differ': framed('Content-Length: 2\r\nContent-Length: 1\r\n', 'ok'), 'length-list-differ': framed('Content-Length: 2, 1\r\n', 'ok'), 'length-00': framed('Content-Length: 02\r\nContent-Length: 2\r\n', 'ok'),
  'length-empty': framed('Content-Length:\r\n', 'ok'), 'length-negative': framed('Content-Length: -2\r\n', 'ok'), 'length-plus': framed('Content-Length: +2\r\n', 'ok'), 'length-hex': framed('Content-Length: 0x2\r\n', 'ok'),
  'length-word': framed('Content-Length: two\r\n', 'ok'), 'length-tail': framed('Content-Length: 2abc\r\n', 'ok'), 'length-semicolon': framed('Content-Length: 2;\r\n', 'ok'), 'length-huge': framed('Content-Length: 99999999999999999999\r\n', 'ok'),
  'length-2-63': framed('Content-Length: 9223372036854775808\r\n', 'ok'), 'length-inner-space': framed('Content-Length: 2 2\r\n', 'ok'), 'length-comma': framed('Content-Length: 2,\r\n', 'ok'),
  'length-empty-then': framed('Content-Length:\r\nContent-Length: 2\r\n', 'ok'),
  'chunked': framed(TE, '2\r\nok\r\n0\r\n\r\n'), 'chunked-upper': framed('Transfer-Encoding: CHUNKED\r\n', '2\r\nok\r\n0\r\n\r\n'), 'chunked-lf': framed(TE, '2\nok\n0\n\n'), 'chunked-mixed-lf': framed(TE, '2\r\nok\n0\r\n\n'), 'chunked-data-cr': framed(TE, '2\r\nok\r0\r\n\r\n'),
  'chunked-no-end': framed(TE, '2\r\nok0\r\n\r\n'), 'chunked-extension': framed(TE, '2;a=b\r\nok\r\n0;c\r\n\r\n'), 'chunked-space': framed(TE, '2 \r\nok\r\n0\r\n\r\n'), 'chunked-space-before': framed(TE, ' 2\r\nok\r\n0\r\n\r\n'), 'chunked-tab': framed(TE, '2\t\r\nok\r\n0\r\n\r\n'),
  'chunked-0x': framed(TE, '0x2\r\nok\r\n0\r\n\r\n'), 'chunked-plus': framed(TE, '+2\r\nok\r\n0\r\n\r\n'), 'chunked-zeros': framed(TE, '0000000000000000002\r\nok\r\n0\r\n\r\n'), 'chunked-huge': framed(TE, 'ffffffffffffffffff\r\nok\r\n0\r\n\r\n'), 'chunked-bad': framed(TE, 'xy\r\nok\r\n0\r\n\r\n'), 'chunked-empty-size': framed(TE, '\r\n2\r\nok\r\n0\r\n\r\n'), 'chunked-empty-extension': framed(TE, ';a\r\nok\r\n0\r\n\r\n'),
  'chunked-trailer': framed(TE, '2\r\nok\r\n0\r\nX-T: 1\r\n\r\n'), 'chunked-trailer-acao': `HTTP/1.1 200 OK\r\n${TE}\r\n2\r\nok\r\n0\r\n${ACAO}\r\n`, 'chunked-trailer-bad': framed(TE, '2\r\nok\r\n0\r\nno field\r\n\r\n'), 'chunked-unended': framed(TE, '2\r\nok\r\n'), 'chunked-no-last-crlf': framed(TE, '2\r\nok\r\n0\r\n'), 'chunked-within': framed(TE, '5\r\nok'), 'chunked-longer': framed(TE, '2\r\nokay\r\n0\r\n\r\n'),
  'chunked-length': framed(`${TE}Content-Length: 1\r\n`, '2\r\nok\r\n0\r\n\r\n'), 'length-chunked': framed(`Content-Length: 1\r\n${TE}`, '2\r\nok\r\n0\r\n\r\n'), 'chunked-lengths-differ': framed(`${TE}Content-Length: 1\r\nContent-Length: 2\r\n`, '2\r\nok\r\n0\r\n\r\n'), 'chunked-length-bad': framed(`${TE}Content-Length: x\r\n`, '2\r\nok\r\n0\r\n\r\n'),
  'chunked-http10': framed(TE, '2\r\nok\r\n0\r\n\r\n', { status: 'HTTP/1.0 200 OK\r\n' }), 'chunked-twice': framed(TE + TE, '2\r\nok\r\n0\r\n\r\n'), 'chunked-list-twice': framed('Transfer-Encoding: chunked, chunked\r\n', '2\r\nok\r\n0\r\n\r\n'),
  'coding-identity': framed('Transfer-Encoding: identity\r\n', 'ok'), 'coding-identity-length': framed('Transfer-Encoding: identity\r\nContent-Length: 1\r\n', 'ok'), 'coding-identity-chunked': framed('Transfer-Encoding: identity, chunked\r\n', '2\r\nok\r\n0\r\n\r\n'), 'coding-chunked-identity': framed('Transfer-Encoding: chunked, identity\r\n', '2\r\nok\r\n0\r\n\r\n'),
  'coding-unknown': framed('Transfer-Encoding: xchunked\r\n', '2\r\nok\r\n0\r\n\r\n'), 'coding-empty': framed('Transfer-Encoding:\r\nContent-Length: 2\r\n', 'ok'), 'coding-unknown-length': framed('Transfer-Encoding: x\r\nContent-Length: 2\r\n', 'okay'), 'coding-vt': framed('Transfer-Encoding: \x0bchunked\r\n', '2\r\nok\r\n0\r\n\r\n'), 'coding-quoted': framed('Transfer-Encoding: "chunked"\r\n', '2\r\nok\r\n0\r\n\r\n'),
  '204-length': framed('Content-Length: 2\r\n', 'ok', { status: 'HTTP/1.1 204 No\r\n' }), '204-chunked': framed(TE, '2\r\nok\r\n0\r\n\r\n', { status: 'HTTP/1.1 204 No\r\n' }), '204-close': framed('', 'ok', { status: 'HTTP/1.1 204 No\r\n' }), '205-length': framed('Content-Length: 2\r\n', 'ok', { status: 'HTTP/1.1 205 Reset\r\n' }), '304-length': framed('Content-Length: 2\r\n', 'ok', { status: 'HTTP/1.1 304 No\r\n' }),
})) add(`body-${id}`, `content: ${id}`, raw, { rest: { end: true } });

for (const [id, lines] of Object.entries({ 'two-locations': 'Location: {base}/y\r\nLocation: {base}/z\r\n', 'same-locations': 'Location: {base}/y\r\nLocation: {base}/y\r\n', 'empty-location': 'Location:\r\n', 'empty-second': 'Location: {base}/y\r\nLocation:\r\n' })) {
  add(`redirect-${id}`, `302 with ${id}`, answer(ACAO + lines, { status: 'HTTP/1.1 302 Found\r\n', body: '' }), { more: [{ on: '*', raw: answer(ACAO) }] });
}

/** Two requests one after the other; what follows the first answer was asked for by none. */
const evil = `HTTP/1.1 200 OK\r\n${ACAO}Content-Length: 5\r\n\r\nevil!`;
function two(id, situation, rest, { method = 'GET', wait = 0 } = {}) {
  add(`unsolicited-${id}`, situation, rest.raw, { rest: { late: rest.late ?? [] }, init: { method, cache: 'no-store' }, more: [{ on: '*', path: '/second', raw: answer(ACAO, { body: 'right' }) }] });
  const step = situations.at(-1).steps[0];
  situations.at(-1).steps.push({ ...step, url: `${TARGET}{base}/second`, init: { cache: 'no-store' }, ...(wait ? { wait_ms: wait } : {}) });
}
for (const wait of [0, 200]) {
  const after = wait ? `, ${wait} ms later` : '';
  two(`same-${wait}`, `an answer and another at once${after}`, { raw: answer(ACAO) + evil }, { wait });
  two(`junk-${wait}`, `an answer and other bytes at once${after}`, { raw: `${answer(ACAO)}xx\r\n` }, { wait });
  two(`crlf-${wait}`, `an answer and a line end at once${after}`, { raw: `${answer(ACAO)}\r\n` }, { wait });
  two(`late-${wait}`, `an answer and another 50 ms later${after}`, { raw: answer(ACAO), late: [[50, evil]] }, { wait });
  two(`204-body-${wait}`, `204 with Content-Length and its body at once${after}`, { raw: `HTTP/1.1 204 No\r\n${ACAO}Content-Length: 2\r\n\r\nok` }, { wait });
  two(`204-late-${wait}`, `204 with Content-Length and its body 50 ms later${after}`, { raw: `HTTP/1.1 204 No\r\n${ACAO}Content-Length: 2\r\n\r\n`, late: [[50, 'ok']] }, { wait });
  two(`204-chunked-${wait}`, `204 with chunks 50 ms later${after}`, { raw: `HTTP/1.1 204 No\r\n${ACAO}${TE}\r\n`, late: [[50, '0\r\n\r\n']] }, { wait });
  two(`head-body-${wait}`, `HEAD and a body at once${after}`, { raw: answer(ACAO) }, { method: 'HEAD', wait });
}

writeFileSync(process.argv[2], `[\n${situations.map((situation) => JSON.stringify(situation)).join(',\n')}\n]\n`);
console.error(`${situations.length} situations`);
