// Writes situations to measure: systematic neighbours of those in tests/data/browser-truth.json, and random ones.
//
//   node scripts/browsers/neighbours.mjs OUT.json [--random COUNT] [--seed SEED]

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const A = 'http://a.site.test:8080';
const B = 'http://b.site.test:8080';
const X = 'http://x.other.test:8080';
const S = 'https://a.site.test:8443';
const T = 'http://api.site.test:9090';
const U = 'http://api.target.test:9090';
const TS = 'https://api.site.test:9443';

const found = [];
const add = (group, id, situation, server, steps) => found.push({ id, group, situation, server, steps });

const step = (init, more = {}) => {
  const { origin = A, at = T, path = '/x', ...rest } = more;
  return { origin, top: origin, kind: 'fetch', url: `${at}{base}${path}`, ...(init && { init }), ...rest };
};
const star = [['Access-Control-Allow-Origin', '*']];
const echo = [['Access-Control-Allow-Origin', '{origin}'], ['Access-Control-Allow-Credentials', 'true']];
const text = [['Content-Type', 'text/plain']];
const answer = (headers, more = {}) => ({ on: '*', status: 200, headers: [...text, ...headers], body: 'ok', ...more });
const preflight = (headers, more = {}) => ({ on: 'OPTIONS', status: 204, headers, body: '', ...more });
const redirect = (path, status, to, headers = star) =>
  ({ on: '*', path, status, headers: [...headers, ['Location', to]], body: '' });
const slug = (value) => String(value).replace(/[^A-Za-z0-9.+-]/g, (c) => `_${c.charCodeAt(0).toString(16)}`) || 'empty';

function lists() {
  const methods = [['PUT'], ['put'], ['PUT,'], [',PUT'], ['GET,,PUT'], ['GET\t,\tPUT'], ['"PUT"'], ['PUT;q=1'], ['GET PUT'], ['GET;PUT'], ['P\u00dcT, PUT'],
    ['*'], ['* , GET'], ['*, PUT'], ['GET, *'], ['GET', 'PUT'], ['PUT', 'GET,, POST'], ['PUT', 'a b'], ['', 'PUT'], ['PUT', ''], ['GET', '*'],
    ['PUT\x01'], ['PUT\x7f'], ['PUT,\x0b'], ['(PUT)'], ['PUT/1'], [','], [' '], ["PUT'"], ['PUT, @']];
  for (const lines of methods) {
    for (const credentials of ['same-origin', 'include']) {
      const headers = [...echo, ...lines.map((line) => ['Access-Control-Allow-Methods', line])];
      add('preflight-lists', `nl-acam-${lines.map(slug).join('~')}-${credentials}`, `Allow-Methods ${JSON.stringify(lines)}, PUT, credentials ${credentials}`,
        [preflight(headers), answer(echo)], [step({ method: 'PUT', credentials })]);
    }
  }
  const names = [['x-a'], ['X-A'], ['x-a,'], [',,x-a'], ['x-b ,\tx-a'], ['"x-a"'], ['x-a;x-b'], ['x-b x-a'], ['x-a, x\u00e9'], ['*'], ['*, x-b'], ['x-b, *'],
    ['x-b', 'x-a'], ['x-a', 'x b'], ['', 'x-a'], ['x-b', '*'], ['x-a\x01'], ['x-a\x7f'], ['x-a:'], ['(x-a)'], ['x-a/1'], [','], ['x_a'], ['x-ab'], ['x-a, @'],
    ['x-'], ['x-*']];
  for (const lines of names) {
    for (const credentials of ['same-origin', 'include']) {
      const headers = [...echo, ...lines.map((line) => ['Access-Control-Allow-Headers', line])];
      add('preflight-lists', `nl-acah-${lines.map(slug).join('~')}-${credentials}`, `Allow-Headers ${JSON.stringify(lines)}, x-a, credentials ${credentials}`,
        [preflight(headers), answer(echo)], [step({ headers: { 'x-a': '1' }, credentials })]);
    }
  }
  for (const lines of [['authorization'], ['*'], ['*, authorization'], ['*', 'Authorization'], ['x-a, *'], ['AUTHORIZATION, x-a'], ['x-a']]) {
    for (const credentials of ['omit', 'include']) {
      for (const more of [{}, { 'x-a': '1' }]) {
        const headers = [...echo, ...lines.map((line) => ['Access-Control-Allow-Headers', line])];
        add('preflight-lists', `nl-auth-${lines.map(slug).join('~')}-${credentials}-${Object.keys(more).length}`,
          `Authorization under Allow-Headers ${JSON.stringify(lines)}, credentials ${credentials}`,
          [preflight(headers), answer(echo)], [step({ headers: { Authorization: 'Bearer t', ...more }, credentials })]);
      }
    }
  }
  const exposed = [['x-one'], ['X-ONE, x-two'], ['x-one', 'x-two'], ['x-one,,x-two'], ['x-one', 'x two'], ['x-one;x-two'], ['"x-one"'], ['*'], ['*, x-one'],
    ['x-one, *'], ['x-one', '*'], ['\tx-one\t'], ['x-one,\x01'], ['x-one, x\u00e9'], [','], [''], ['set-cookie, x-one'], ['date, x-one'], ['x-three'],
    ['authorization, *'], ['x-one x-two'], ['x-one:'], ['x-one, @x']];
  for (const lines of exposed) {
    for (const credentials of ['same-origin', 'include']) {
      const headers = [...echo, ['X-One', '1'], ['X-Two', '2'], ['X-Two', '3'], ['Set-Cookie', 'n=1; Path={base}'], ['Authorization', 'none'],
        ...lines.map((line) => ['Access-Control-Expose-Headers', line])];
      add('filtering', `nl-aceh-${lines.map(slug).join('~')}-${credentials}`, `Expose-Headers ${JSON.stringify(lines)}, credentials ${credentials}`,
        [answer(headers)], [step({ credentials })]);
    }
  }
}

function methods() {
  for (const method of ['Get', 'pOsT', 'PoSt', 'put', 'Put', 'delete', 'DeLeTe', 'options', 'hEAD', 'Patch', 'patch', 'foo', "M-SEARCH", 'a!b', 'QUERY', 'chicken', 'connect', 'TrAcE', 'GET ', 'G T', '', 'PURGE', 'purge']) {
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
      const at = mode === 'same-origin' ? A : T;
      if (mode !== 'cors' && !['Get', 'pOsT', 'put', 'hEAD', 'patch', 'foo'].includes(method)) continue;
      add('methods', `nm-${slug(method)}-${mode}`, `method ${JSON.stringify(method)}, mode ${mode}`,
        [preflight([...star, ['Access-Control-Allow-Methods', '*']], { if: 'access-control-request-method' }), answer(star)], [step({ method, mode }, { at })]);
    }
  }
  for (const allowed of ['PATCH', 'patch', 'Patch', 'PUT', 'put', 'get', 'POST', 'OPTIONS', 'HEAD']) {
    for (const method of ['patch', 'PATCH', 'put', 'OPTIONS', 'HEAD']) {
      add('methods', `nm-${method}-by-${allowed}`, `${method} where ${allowed} is allowed`,
        [preflight([...star, ['Access-Control-Allow-Methods', allowed], ['Access-Control-Allow-Headers', 'x-a']], { if: 'access-control-request-method' }), answer(star)],
        [step({ method, headers: { 'x-a': '1' } })]);
    }
  }
}

function safelist() {
  const allow = [preflight([...star, ['Access-Control-Allow-Headers', '*']]), answer(star)];
  const one = (id, headers, more = {}) => add('preflight-trigger', `ns-${id}`, `headers ${JSON.stringify(headers).slice(0, 160)}`, allow, [step({ headers, ...more })]);
  for (const name of ['Accept', 'Accept-Language', 'Content-Language']) {
    for (const size of [127, 128, 129]) one(`${name}-${size}`, [[name, 'a'.repeat(size)]]);
    for (const value of ['a"b', 'a(b', 'a)b', 'a:b', 'a<b', 'a>b', 'a?b', 'a@b', 'a[b', 'a\\b', 'a]b', 'a{b', 'a}b', 'a\x7fb', 'a\x01b', 'a\tb', 'a/b', 'a;q=0.5', '*', 'a=b', 'a_b', 'a.b', "a'b", 'a\u00e9', 'a,b', 'a%b', '']) {
      one(`${name}-${slug(value)}`, [[name, value]]);
    }
  }
  for (const count of [7, 8, 9]) one(`total-${count}`, Array.from({ length: count }, (_, at) => [['Accept', 'Accept-Language', 'Content-Language'][at % 3], 'a'.repeat(Math.floor(126 / Math.ceil(count / 3)))]));
  for (const value of ['bytes=0-', 'bytes=0-0', 'bytes=5-4', 'bytes=-5', 'bytes=0-1,3-4', 'bytes=00-01', 'bytes =0-1', 'bytes=0 -1', 'bytes=0- 1', 'bytes=\t0-1', 'BYTES=0-1', 'items=0-1', 'bytes=', 'bytes=a-', 'bytes=18446744073709551616-', 'bytes=0-18446744073709551616', 'bytes=9223372036854775807-', 'bytes=0-1 ', 'bytes=0-1x']) {
    one(`Range-${slug(value)}`, [['Range', value]]);
  }
  for (const value of ['text/plain', 'TEXT/PLAIN', 'text/plain;', 'text/plain;charset=utf-8', 'text/plain; charset="utf-8"', 'text/plain; a=(', 'text/plain; a="b', 'text/plain;;;', 'text/plain ; a=b', 'text/ plain', 'text/plain/x', 'text', '', '/', 'text/plain,', 'text/plain, text/plain', 'text/plain; a="b,c"', 'application/x-www-form-urlencoded; charset=x', 'multipart/form-data', 'multipart/form-data; boundary=x', 'multipart/mixed', 'application/json', 'application/json; text/plain', 'text/plain;a=@', 'text/plain; a=:', 'text/plain; a=b/c', `text/plain; a=${'b'.repeat(114)}`, `text/plain; a=${'b'.repeat(115)}`, 'text/plain\u00e9', 'text/plain; a=\u00e9', 'application/csp-report', 'application/x-protobuf']) {
    one(`Content-Type-${slug(value).slice(0, 50)}-${value.length}`, [['Content-Type', value]], { method: 'POST', body: 'x' });
  }
  for (const name of ['Accept-Charset', 'Accept-Encoding', 'Connection', 'Content-Length', 'Cookie2', 'Date', 'Expect', 'Host', 'Keep-Alive', 'Origin', 'Referer', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Via', 'Sec-Foo', 'Sec-', 'Proxy-', 'Access-Control-Request-Private-Network', 'X-HTTP-Method', 'X-Method-Override', 'If-None-Match', 'If-Match', 'If-Modified-Since', 'Pragma', 'Purpose', 'Priority', 'Sec-GPC', 'Content-Encoding', 'Content-Location', 'Traceparent', 'X-Requested-With', 'Upgrade-Insecure-Requests', 'Authorization', 'A', 'Early-Data', 'Accept-CH', 'Prefer', 'Warning', 'From', 'Max-Forwards', 'Content-MD5', 'X-Amz-Date']) {
    one(`name-${name}`, [[name, '1']]);
  }
  for (const value of ['GET, TRACE', 'trace', 'CONNECT', ' track ', 'POST', 'TRACEX', 'a,connect', '"TRACE"']) {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) one(`${name}-${slug(value)}`, [[name, value]]);
  }
  for (const headers of [[['X-B', '1'], ['x-a', '2'], ['X-b', '3']], [['X-A', ''], ['x-a', '']], [['Z', '1'], ['Content-Type', 'application/json'], ['a-1', '2'], ['Accept', 'x@y']],
    [['x_a', '1'], ['x-a', '1'], ['x.a', '1']], [['Range', 'bytes=0-1'], ['Range', 'bytes=2-3']], [['Accept-Language', 'a'.repeat(100)], ['accept-language', 'b'.repeat(100)]], [['x-\u00e9', '1']], [['x a', '1']], [['x-a', 'a\nb']], [['x-a', '  b  ']], [['x-a', '\u00e9']]]) {
    one(`several-${slug(JSON.stringify(headers)).slice(0, 70)}`, headers);
  }
  for (const [id, body] of [['string', 'x'], ['urlencoded', { urlencoded: 'a=1' }], ['form', { form: [['a', '1']] }], ['blob', { blob: 'x', type: '' }], ['blob-text', { blob: 'x', type: 'text/plain' }], ['blob-json', { blob: 'x', type: 'application/json' }], ['bytes', { bytes: [1, 2] }], ['blob-upper', { blob: 'x', type: 'TEXT/Plain' }]]) {
    for (const method of ['POST', 'PUT']) {
      for (const mode of ['cors', 'no-cors']) {
        if (mode === 'no-cors' && method === 'PUT') continue;
        add('preflight-trigger', `ns-body-${id}-${method}-${mode}`, `${method} with a body: ${id}, ${mode}`,
          [preflight([...star, ['Access-Control-Allow-Headers', 'content-type'], ['Access-Control-Allow-Methods', 'PUT']]), answer(star)], [step({ method, body, mode })]);
      }
    }
  }
  for (const headers of [{ 'x-a': '1' }, { Accept: 'a' }, { Accept: 'a@' }, { 'Content-Type': 'application/json' }, { 'Content-Type': 'text/plain; a=b' }, { Range: 'bytes=0-1' }, { Authorization: 'x' }, { 'Content-Language': 'en' }, { 'Accept-Language': 'a'.repeat(129) }]) {
    add('preflight-trigger', `ns-nocors-${slug(JSON.stringify(headers)).slice(0, 60)}`, `no-cors with ${JSON.stringify(headers).slice(0, 80)}`, [answer([])], [step({ mode: 'no-cors', headers })]);
  }
}

function preflightCache() {
  const ages = ['0', '-0', '-1', ' 5 ', '5.5', '+5', '5s', '5,6', '5 6', '0x10', '٣', '2147483648', '4294967296', '9223372036854775807', '9223372036854775808', '18446744073709551616', '-9223372036854775809', '99999999999999999999999', '', '\t60\t', '060', '+0', '+-5', '5\x00', '60;', '1e2', 'NaN', '=60', '- 5', '+ 5', '00', '60\u00a0'];
  const twice = (init) => [step(init), step(init)];
  for (const age of ages.filter((age) => !/[^\x01-\xff]/.test(age))) {
    add('preflight-cache', `nc-age-${slug(age)}`, `Max-Age ${JSON.stringify(age)}: PUT twice`,
      [preflight([...star, ['Access-Control-Allow-Methods', 'PUT'], ['Access-Control-Max-Age', age]]), answer(star)], twice({ method: 'PUT' }));
  }
  for (const [one, other] of [['60', '60'], ['60', '0'], ['0', '60'], ['abc', '60'], ['', '60']]) {
    add('preflight-cache', `nc-age-lines-${slug(one)}~${slug(other)}`, `Max-Age in two lines ${one} and ${other}: PUT twice`,
      [preflight([...star, ['Access-Control-Allow-Methods', 'PUT'], ['Access-Control-Max-Age', one], ['Access-Control-Max-Age', other]]), answer(star)], twice({ method: 'PUT' }));
  }
  const kept = (more = []) => [preflight([...echo, ['Access-Control-Allow-Methods', 'PUT, DELETE, PATCH'], ['Access-Control-Allow-Headers', 'x-a, x-b, authorization'], ['Access-Control-Max-Age', '600'], ...more]), answer(echo)];
  const put = { method: 'PUT' };
  const pairs = {
    'include-then-omit': [step({ ...put, credentials: 'include' }), step({ ...put, credentials: 'omit' }), step({ ...put, credentials: 'include' })],
    'omit-then-include': [step({ ...put, credentials: 'omit' }), step({ ...put, credentials: 'include' }), step({ ...put, credentials: 'omit' })],
    'other-origin': [step(put), step(put, { origin: B }), step(put)],
    'other-query': [step(put), step(put, { path: '/x?1' }), step(put)],
    'other-fragment': [step(put, { path: '/x#a' }), step(put, { path: '/x#b' }), step(put)],
    'other-host': [step(put), step(put, { at: U }), step(put)],
    'other-method': [step(put), step({ method: 'DELETE' }), step({ method: 'POST', headers: { 'x-a': '1' } })],
    'other-headers': [step({ headers: { 'x-a': '1' } }), step({ headers: { 'x-b': '1' } }), step({ headers: { 'x-a': '1', 'x-b': '1' } })],
    'unlisted-header': [step({ headers: { 'x-a': '1' } }), step({ headers: { 'x-c': '1' } }), step({ headers: { 'x-a': '1' } })],
    'unlisted-method': [step(put), step({ method: 'FOO' }), step(put)],
    'authorization': [step({ headers: { 'x-a': '1' } }), step({ headers: { authorization: 't' } }), step({ headers: { authorization: 'u' } })],
    'force-cache': [step(put), step({ ...put, cache: 'force-cache' })],
    'no-cache': [step(put), step({ ...put, cache: 'no-cache' }), step(put)],
    'reload': [step(put), step({ ...put, cache: 'reload' }), step(put)],
    'no-store-first': [step({ ...put, cache: 'no-store' }), step(put), step({ ...put, cache: 'no-store' })],
    'xhr': [step(put), step(put, { kind: 'xhr' }), step(put, { kind: 'xhr', withCredentials: true })],
    'content-type': [step({ method: 'POST', headers: { 'content-type': 'application/json', 'x-a': '1' } }), step({ headers: { 'x-a': '1' } })],
    'frame-same-site': [step(put), step(put, { origin: B, top: A, frame: B }), step(put, { origin: B })],
    'frame-cross-site': [step(put), step(put, { origin: X, top: A, frame: X }), step(put, { origin: A, top: X, frame: A })],
    'sandbox': [step(put, { origin: 'null', top: A, frame: 'sandbox' }), step(put, { origin: 'null', top: A, frame: 'sandbox' }), step(put, { origin: 'null', top: A, frame: 'data' })],
    'post-needs-no-listing': [step({ method: 'POST', headers: { 'x-a': '1' } }), step({ method: 'GET', headers: { 'x-a': '1' } }), step({ method: 'HEAD', headers: { 'x-a': '1' } })],
    'head-first': [step({ method: 'HEAD', headers: { 'x-a': '1' } }), step({ method: 'HEAD', headers: { 'x-a': '1' } }), step({ headers: { 'x-a': '1' } })],
  };
  for (const [id, steps] of Object.entries(pairs)) {
    add('preflight-cache', `nc-${id}`, `kept for 600 s: ${id}`, kept(), steps);
    add('preflight-cache', `nc-${id}-star`, `kept for 600 s, all by *: ${id}`,
      [preflight([...star, ['Access-Control-Allow-Methods', '*'], ['Access-Control-Allow-Headers', '*'], ['Access-Control-Max-Age', '600']]), answer(star)], steps);
  }
  for (const [id, broken] of [['acao-missing', answer([], { times: 1, on: 'PUT' })], ['closed-late', answer([['Access-Control-Allow-Origin', B]], { times: 1, on: 'PUT' })], ['redirect-denied', { on: 'PUT', times: 1, status: 307, headers: [['Location', `${T}{base}/y`]], body: '' }], ['status-500', answer(star, { times: 1, on: 'PUT', status: 500 })]]) {
    add('preflight-cache', `nc-after-${id}`, `the actual request fails (${id}), then again`,
      [preflight([...star, ['Access-Control-Allow-Methods', 'PUT'], ['Access-Control-Max-Age', '600']]), broken, answer(star)], [step(put), step(put), step(put)]);
  }
  for (const [id, first] of [['get-denied', step()], ['get-denied-include', step({ credentials: 'include' })], ['nocors', step({ mode: 'no-cors' })]]) {
    add('preflight-cache', `nc-between-${id}`, `a GET without ACAO between (${id})`,
      [preflight([...star, ['Access-Control-Allow-Methods', 'PUT'], ['Access-Control-Max-Age', '600']]), answer([], { on: 'GET' }), answer(star)], [step(put), first, step(put)]);
  }
}

function preflightStatus() {
  for (const status of [200, 201, 203, 205, 206, 226, 250, 300, 302, 303, 305, 306, 307, 308, 400, 402, 404, 405, 407, 408, 409, 410, 418, 421, 425, 429, 431, 451, 500, 501, 502, 503, 504, 511, 600, 999]) {
    add('preflight-response', `np-status-${status}`, `preflight answered ${status}`, [preflight([...star, ['Access-Control-Allow-Methods', 'PUT'], ...(status >= 300 && status < 400 ? [['Location', `${T}{base}/y`]] : [])], { status, body: 'p' }), answer(star)], [step({ method: 'PUT' })]);
  }
  for (const status of [201, 202, 203, 205, 206, 207, 226, 299, 300, 304, 306, 400, 402, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 421, 422, 425, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 511, 600, 999]) {
    for (const [id, headers] of [['star', star], ['none', []]]) {
      if (id === 'none' && status % 7) continue;
      for (const method of ['GET', 'HEAD']) add('filtering', `np-actual-${status}-${id}-${method}`, `${method} answered ${status}, ACAO ${id}`, [answer(headers, { status })], [step({ method })]);
    }
  }
  for (const [id, acac] of Object.entries({ true: ['true'], none: [], False: ['False'], 'TRUE': ['TRUE'], tab: ['\ttrue\t'], two: ['true', 'true'], list: ['true, true'], one: ['1'], ctl: ['true\x01'], last: ['false', 'true'] })) {
    for (const where of ['preflight', 'actual']) {
      const lines = (at) => [['Access-Control-Allow-Origin', '{origin}'], ...(at === where ? acac : ['true']).map((value) => ['Access-Control-Allow-Credentials', value])];
      add('credentials', `np-acac-${id}-${where}`, `Allow-Credentials ${JSON.stringify(acac)} on the ${where}`,
        [preflight([...lines('preflight'), ['Access-Control-Allow-Methods', 'PUT']]), answer(lines('actual'))], [step({ method: 'PUT', credentials: 'include' })]);
    }
  }
}

function acao() {
  const values = [[A], [`${A}/`], ['HTTP://a.site.test:8080'], ['http://A.site.test:8080'], ['http://a.site.test:08080'], ['http://a.site.test'], ['http://a.site.test:80'], ['http://a.site.test:443'], ['//a.site.test:8080'], ['a.site.test:8080'], [' * '], ['\t*'], ['*\t'], ['**'], ['*, *'], ['* *'], ['*', '*'], ['*', A], [A, '*'], [A, A], [A, ''], ['', A], [`${A},`], [`,${A}`], [`${A} ${B}`], [`${A}, *`], [`${A};`], ['null'], ['Null'], ['"null"'], ['undefined'], ['false'], ['http://*'], ['http://*.site.test:8080'], ['*.site.test'], ['http://'], ['http:'], ['http://a.site.test:8080?'], ['http://a.site.test:8080#'], ['http://u@a.site.test:8080'], ['http://a.site.test:8080/x'], ['https://a.site.test:8080'], ['http://a.site.test.:8080'], ['\u00e9'], [`${A}\u00e9`], [`${A}\x01`], [`\x0b${A}`], [`${A}\u00a0`], ['\x7f'], ['http://a.site.test:99999'], ['http://[::1]'], ['file://'], ['data:'], ['http:\\\\a.site.test:8080'], ['{origin}'], [`<${A}>`], [`'${A}'`]];
  for (const lines of values) {
    const headers = lines.map((line) => ['Access-Control-Allow-Origin', line]);
    const id = lines.map(slug).join('~');
    add('cors-check', `na-${id}`, `Allow-Origin ${JSON.stringify(lines)}`, [answer(headers)], [step()]);
    add('cors-check', `na-${id}-include`, `Allow-Origin ${JSON.stringify(lines)}, with credentials`, [answer([...headers, ['Access-Control-Allow-Credentials', 'true']])], [step({ credentials: 'include' })]);
    add('cors-check', `na-${id}-preflight`, `Allow-Origin ${JSON.stringify(lines)} on the preflight`, [preflight([...headers, ['Access-Control-Allow-Methods', 'PUT']]), answer(star)], [step({ method: 'PUT' })]);
  }
  for (const frame of ['sandbox', 'data', 'sandbox-srcdoc', 'srcdoc', 'blob']) {
    for (const value of ['null', '*', '{origin}', A, 'NULL', '"null"']) {
      const origin = ['srcdoc', 'blob'].includes(frame) ? A : 'null';
      for (const init of [undefined, { credentials: 'include' }, { method: 'PUT' }]) {
        const headers = [['Access-Control-Allow-Origin', value], ['Access-Control-Allow-Credentials', 'true'], ['Access-Control-Allow-Methods', 'PUT']];
        add('cors-check', `na-${frame}-${slug(value)}-${init ? Object.values(init)[0] : 'get'}`, `${frame} frame, Allow-Origin ${value}`, [preflight(headers), answer(headers)],
          [{ ...step(init), origin, top: A, frame }]);
      }
    }
  }
}

function redirects() {
  const places = { same: A, cross: T, third: U };
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE']) {
      for (const [from, to] of [['same', 'same'], ['same', 'cross'], ['cross', 'cross'], ['cross', 'third'], ['cross', 'same']]) {
        const init = { method, ...(method === 'POST' || method === 'PUT' ? { body: 'x', headers: { 'content-type': 'text/plain', 'content-language': 'en' } } : {}) };
        const allow = [...echo, ['Access-Control-Allow-Methods', '*, PUT, DELETE'], ['Access-Control-Allow-Headers', 'x-a']];
        add('redirect', `nr-${status}-${method}-${from}-${to}`, `${method} redirected by ${status}, ${from} to ${to}`,
          [preflight(allow), redirect('/x', status, `${places[to]}{base}/y`, echo), answer(echo)], [step(init, { at: places[from] })]);
      }
    }
  }
  for (const mode of ['cors', 'no-cors', 'same-origin']) {
    for (const kind of ['follow', 'error', 'manual']) {
      for (const [from, to] of [['same', 'same'], ['same', 'cross'], ['cross', 'cross'], ['cross', 'same']]) {
        add('redirect', `nr-mode-${mode}-${kind}-${from}-${to}`, `302, mode ${mode}, redirect ${kind}, ${from} to ${to}`,
          [redirect('/x', 302, `${places[to]}{base}/y`), answer(star)], [step({ mode, redirect: kind }, { at: places[from] })]);
      }
    }
  }
  for (const to of ['', '#f', '?q', '/~', '//', 'http://', 'data:,x', 'javascript:1', 'mailto:a@b', 'file:///etc/x', 'about:blank', 'ftp://api.site.test/x', 'ws://api.site.test:9090/x', 'http://u@api.site.test:9090{base}/y', 'http://:p@api.site.test:9090{base}/y', 'http://u:p@a.site.test:8080{base}/y', `${T}{base}/y#f`, '{base}/y', '{base}/y#f', `${T}{base}/y z`, '{base}/\u00e9', 'http://api.site.test:1{base}/y', 'blob:x', 'HTTP://API.site.test:9090{base}/y', '\t{base}/y', ' {base}/y ', 'http:{base}/y', 'http:/api.site.test:9090{base}/y', 'http:\\\\api.site.test:9090{base}\\y']) {
    for (const at of [T, A]) {
      add('redirect', `nr-to-${slug(to)}-${at === A ? 'same' : 'cross'}`, `302 to ${to}`, [redirect('/x', 302, to), answer(star)], [step(undefined, { at, path: '/x#g' })]);
    }
  }
  for (const init of [{ credentials: 'include' }, { headers: { 'x-a': '1' } }, { headers: { authorization: 't' } }, { headers: { authorization: 't', 'x-a': '1' }, credentials: 'include' }, { cache: 'no-store' }, { referrerPolicy: 'no-referrer' }]) {
    for (const path of [[T, U], [T, A], [A, T], [A, T, A], [T, T, U], [A, T, U], [T, U, T]]) {
      const allow = [...echo, ['Access-Control-Allow-Headers', 'x-a, authorization']];
      const name = path.map((at) => ({ [A]: 'A', [T]: 'T', [U]: 'U' })[at]).join('');
      add('redirect', `nr-chain-${name}-${slug(JSON.stringify(init)).slice(0, 60)}`, `302 along ${name}, ${JSON.stringify(init)}`,
        [preflight(allow), ...path.slice(1).map((at, hop) => redirect(`/${hop}`, 302, `${at}{base}/${hop + 1}`, echo)), answer(echo)],
        [step(init, { at: path[0], path: '/0' })]);
    }
  }
  for (const hops of [19, 20, 21]) {
    for (const at of [A, T]) add('redirect', `nr-hops-${hops}-${at === A ? 'same' : 'cross'}`, `${hops} redirects`,
      [...Array.from({ length: hops }, (_, hop) => redirect(`/${hop}`, 302, `${at}{base}/${hop + 1}`)), answer(star)], [step(undefined, { at, path: '/0' })]);
  }
}

function cookies() {
  for (const attributes of ['', 'SameSite=Lax', 'SameSite=Strict', 'SameSite=None', 'SameSite=None; Secure', 'Secure', 'HttpOnly', 'Domain=site.test', 'SameSite=Foo', 'Domain=other.test', 'Max-Age=0', 'Partitioned; Secure; SameSite=None']) {
    for (const [id, origin, at] of [['same-site', A, T], ['cross-site', A, U], ['same-origin', A, A], ['https', S, TS], ['https-cross-site', S, 'https://api.target.test:9443']]) {
      add('credentials', `nk-${slug(attributes)}-${id}`, `cookie ${attributes || 'plain'}, ${id}: kept with include, sent by each mode`,
        [answer([...echo, ['Set-Cookie', `c=1; Path={base}${attributes && `; ${attributes}`}`], ['Cache-Control', 'no-store']])],
        ['include', 'include', 'same-origin', 'omit'].map((credentials) => step({ credentials }, { origin, at })));
    }
  }
  for (const credentials of ['omit', 'same-origin', 'include']) {
    for (const [id, at] of [['same', A], ['cross', T]]) {
      add('credentials', `nk-set-by-${credentials}-${id}`, `Set-Cookie answered to ${credentials}, then read with include`,
        [answer([...echo, ['Set-Cookie', 'c=1; Path={base}'], ['Cache-Control', 'no-store']], { times: 1 }), answer([...echo, ['Cache-Control', 'no-store']])], [step({ credentials }, { at }), step({ credentials: 'include' }, { at })]);
      for (const mode of ['no-cors', 'same-origin']) {
        add('credentials', `nk-${mode}-${credentials}-${id}`, `${mode}, credentials ${credentials}`, [answer([...echo, ['Set-Cookie', 'c=1; Path={base}'], ['Cache-Control', 'no-store']])],
          [step({ credentials, mode }, { at }), step({ credentials, mode }, { at }), step({ credentials: 'include' }, { at })]);
      }
    }
  }
}

function httpCache() {
  const etag = [['ETag', '"1"']];
  const kinds = { 'max-age': [['Cache-Control', 'max-age=600']], 'no-cache-etag': [['Cache-Control', 'no-cache'], ...etag], 'max-age-etag': [['Cache-Control', 'max-age=600'], ...etag], 'no-store': [['Cache-Control', 'no-store']], 'vary': [['Cache-Control', 'max-age=600'], ['Vary', 'Origin'], ...etag], 'vary-star': [['Cache-Control', 'max-age=600'], ['Vary', '*'], ...etag], 'stale-lm': [['Cache-Control', 'max-age=0'], ['Last-Modified', 'Wed, 01 Jan 2020 00:00:00 GMT']], 'expires-0': [['Expires', '0'], ...etag] };
  for (const [id, headers] of Object.entries(kinds)) {
    for (const cache of ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached']) {
      const init = cache === 'only-if-cached' ? { cache, mode: 'same-origin' } : { cache };
      const at = cache === 'only-if-cached' ? A : T;
      const server = [{ ...answer([...headers, ...echo]), on: '*', if: 'if-none-match', status: 304, headers: [...headers, ...echo], body: '' }, { on: '*', if: 'if-modified-since', status: 304, headers: [...headers, ...echo], body: '' }, answer([...headers, ...echo])];
      add('http-cache', `nh-${id}-${cache}`, `${id}: stored, asked with ${cache}, asked again`, server, [step(undefined, { at }), step(init, { at }), step(undefined, { at })]);
      if (at === T) add('http-cache', `nh-${id}-${cache}-B`, `${id}: stored by A, asked by B with ${cache}, then by A`, server, [step(), step(init, { origin: B }), step()]);
    }
    const plain = [answer([...headers, ...echo])];
    for (const [name, steps] of Object.entries({
      'head-get': [step({ method: 'HEAD' }), step(), step({ method: 'HEAD' })], 'range': [step(), step({ headers: { Range: 'bytes=0-0' } }), step()],
      'include-omit': [step({ credentials: 'include' }), step({ credentials: 'omit' }), step({ credentials: 'include' })],
      'cross-site': [step(), step(undefined, { origin: X }), step(undefined, { origin: X })],
      'post': [step(), step({ method: 'POST' }), step()],
      'nocors-cors': [step({ mode: 'no-cors' }), step(), step({ mode: 'no-cors', credentials: 'include' }), step({ credentials: 'include' })],
      'img-fetch': [step(undefined, { kind: 'img' }), step(), step(undefined, { kind: 'img', crossorigin: '' })],
    })) add('http-cache', `nh-${id}-${name}`, `${id}: ${name}`, plain, steps);
  }
  for (const change of [[['X-New', '1']], [['Access-Control-Allow-Origin', '*']], [['Access-Control-Expose-Headers', '*'], ['X-Old', '2']], [['Content-Type', 'text/html']], [['Cache-Control', 'max-age=600']], [['Content-Length', '5']], [['ETag', '"2"']], [['Access-Control-Allow-Origin', B]]]) {
    add('http-cache', `nh-304-${slug(JSON.stringify(change)).slice(0, 60)}`, `304 with ${JSON.stringify(change)}`,
      [{ on: '*', if: 'if-none-match', status: 304, headers: change, body: '' }, answer([['Cache-Control', 'no-cache'], ...etag, ...echo, ['Access-Control-Expose-Headers', 'x-old, x-new'], ['X-Old', '1']])], [step(), step(), step()]);
  }
}

function policies() {
  for (const policy of ['no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url']) {
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
      for (const method of ['GET', 'POST']) {
        for (const [id, origin, at] of [['same', A, A], ['cross', A, T], ['down', S, 'http://localhost-like.site.test:9090']]) {
          if (id === 'down' || mode === 'same-origin' && id === 'cross') continue;
          add('filtering', `nf-${policy}-${mode}-${method}-${id}`, `${method}, ${mode}, referrer policy ${policy}, ${id}-origin`, [answer(star)], [step({ referrerPolicy: policy, mode, method }, { origin, at })]);
        }
      }
    }
  }
  for (const corp of ['same-origin', 'same-site', 'cross-origin', 'SAME-ORIGIN', 'same-origin, same-site', '', 'foo', 'same-site ']) {
    for (const [id, origin, at] of [['same', A, A], ['same-site', A, T], ['cross-site', A, U], ['scheme', A, 'https://api.site.test:9443']]) {
      for (const mode of ['no-cors', 'cors']) {
        if (mode === 'cors' && id !== 'cross-site') continue;
        add('filtering', `nf-corp-${slug(corp)}-${id}-${mode}`, `CORP ${JSON.stringify(corp)}, ${id}, ${mode}`, [answer([['Cross-Origin-Resource-Policy', corp], ...star])], [step({ mode }, { origin, at })]);
      }
    }
  }
  for (const kind of ['img', 'script', 'css']) {
    for (const crossorigin of [undefined, '', 'anonymous', 'use-credentials', 'foo']) {
      for (const [id, headers] of [['none', []], ['star', star], ['echo', echo]]) {
        const [type, body] = { img: ['image/svg+xml', "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'/>"], script: ['text/javascript', '1'], css: ['text/css', 'a{}'] }[kind];
        add('elements', `ne-${kind}-${slug(crossorigin ?? 'absent')}-${id}`, `${kind} crossorigin=${crossorigin}, ACAO ${id}`, [{ on: '*', status: 200, headers: [['Content-Type', type], ...headers], body }],
          [step(undefined, { kind, ...(crossorigin !== undefined && { crossorigin }) })]);
      }
    }
  }
}

/** mulberry32 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function random(count, seed) {
  const next = generator(seed);
  const pick = (...from) => from[Math.floor(next() * from.length)];
  const some = (chance, ...from) => (next() < chance ? [pick(...from)] : []);
  for (let at = 0; at < count; at++) {
    const cors = () => [...some(0.9, ['Access-Control-Allow-Origin', pick('*', '{origin}', '{origin}', A, B, 'null')]), ...some(0.6, ['Access-Control-Allow-Credentials', pick('true', 'true', 'True')])];
    const allow = () => [...cors(), ...some(0.8, ['Access-Control-Allow-Methods', pick('*', 'PUT', 'PUT, DELETE', 'GET', 'put')]), ...some(0.8, ['Access-Control-Allow-Headers', pick('*', 'x-a', 'x-a, x-b', 'X-A, Authorization', 'content-type')]), ...some(0.6, ['Access-Control-Max-Age', pick('600', '0', '-1', '60')])];
    const stored = some(0.6, ['Cache-Control', pick('max-age=600', 'no-cache', 'no-store')], ['ETag', '"1"']);
    const vary = some(0.4, ['Vary', pick('Origin', 'Accept', '*')]);
    const server = [preflight(allow(), { status: pick(200, 204, 204, 204, 403), if: 'access-control-request-method' }),
      ...some(0.4, redirect('/x', pick(301, 302, 303, 307, 308), `${pick(T, U, A)}{base}/y`, cors())),
      answer([...cors(), ...stored, ...vary, ...some(0.3, ['Access-Control-Expose-Headers', pick('*', 'x-one', 'x-one, etag')]), ['X-One', '1']], { status: pick(200, 200, 200, 404) })];
    const steps = Array.from({ length: 1 + Math.floor(next() * 3) }, () => {
      const method = pick('GET', 'GET', 'GET', 'PUT', 'POST', 'HEAD', 'DELETE');
      const headers = Object.fromEntries([...some(0.25, ['x-a', '1']), ...some(0.15, ['x-b', '1']), ...some(0.15, ['Authorization', 't'])]);
      const init = { method, headers, ...(next() < 0.5 && { credentials: pick('include', 'omit') }), ...(next() < 0.25 && { cache: pick('reload', 'no-cache', 'force-cache', 'no-store') }), ...(next() < 0.1 && { mode: 'no-cors', method: pick('GET', 'POST') }) };
      return step(init, { origin: pick(A, A, B, X), at: pick(T, T, T, A) });
    });
    add('random', `nx-${seed}-${at}`, `random, seed ${seed}, number ${at}`, server, steps);
  }
}

const { values: options, positionals: [output] } = parseArgs({ allowPositionals: true, options: { random: { type: 'string', default: '150' }, seed: { type: 'string', default: '1' } } });
for (const part of [lists, methods, safelist, preflightCache, preflightStatus, acao, redirects, cookies, httpCache, policies]) part();
random(Number(options.random), Number(options.seed));
const ids = new Set();
for (const { id } of found) {
  if (ids.has(id)) throw new Error(`${id} comes twice`);
  ids.add(id);
}
writeFileSync(output, `[\n${found.map((situation) => JSON.stringify(situation)).join(',\n')}\n]\n`);
console.error(`${found.length} situations, seed ${options.seed}`);
