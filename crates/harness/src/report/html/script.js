'use strict';
// Filters the tests, keeps the filter in the address, and opens what a link leads to; the page is whole without it.
const form = document.getElementById('filter');
let index;
// Read when it is first needed: a page may have ten thousand tests.
const cases = () => (index ??= [...document.querySelectorAll('details.case')].map((details) => ({
  details,
  title: details.querySelector('summary').textContent.toLowerCase(),
  tests: [...details.querySelectorAll('.tests > li')].map((li) => ({
    li,
    id: (li.querySelector(':scope > span')?.textContent ?? '').toLowerCase(),
    verdict: li.classList,
    causes: (li.dataset.c || '').split(' '),
  })),
})));
const PREFIX = '#filter:';

function filter() {
  const { q, verdict, cause } = form.elements;
  const words = q.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const some = words.length > 0 || verdict.value || cause.value;
  let shown = 0;
  let all = 0;
  for (const { details, title, tests } of cases()) {
    let here = 0;
    for (const test of tests) {
      const is = (!verdict.value || test.verdict.contains(verdict.value))
        && (!cause.value || test.causes.includes(cause.value))
        && words.every((word) => title.includes(word) || test.id.includes(word));
      test.li.hidden = !is;
      here += is ? 1 : 0;
    }
    details.hidden = here === 0;
    shown += here;
    all += tests.length;
  }
  form.querySelector('output').textContent = some ? `${shown} of ${all} tests` : `${all} tests`;
}

function write() {
  const set = new URLSearchParams();
  for (const name of ['q', 'verdict', 'cause']) {
    const value = form.elements[name].value.trim();
    if (value) set.set(name, value);
  }
  const address = set.size ? `${PREFIX}${set}` : '#tests';
  history.replaceState(null, '', address);
}

function read() {
  const hash = location.hash;
  if (hash.startsWith(PREFIX)) {
    const set = new URLSearchParams(hash.slice(PREFIX.length));
    for (const name of ['q', 'verdict', 'cause']) {
      const field = form.elements[name];
      field.value = set.get(name) || '';
      // A value that the list does not have leaves it without any.
      if (field.selectedIndex === -1) field.value = '';
    }
    filter();
    document.getElementById('tests').scrollIntoView();
    return;
  }
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!target) return;
  if (target.hidden || target.closest('[hidden]')) {
    form.reset();
    filter();
  }
  for (let details = target.closest('details'); details; details = details.parentElement.closest('details')) details.open = true;
  target.scrollIntoView({ block: 'center' });
}

let data;
const wire = () => (data ??= JSON.parse(document.getElementById('wire').textContent));

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// A line of a head begins with a sign that says how it is shown.
function head(places) {
  const pre = element('pre');
  pre.tabIndex = 0;
  places.forEach((place, index) => {
    const line = wire().texts[place];
    const shown = { '*': 'b', '!': 'mark' }[line[0]];
    const text = line.slice(1);
    pre.append(index > 0 ? '\n' : '', shown ? element(shown, '', text) : text);
  });
  return pre;
}

function exchange(place) {
  const [request, response, curl, script] = wire().exchanges[place];
  const join = (places, separator) => places.map((place) => wire().texts[place]).join(separator);
  const command = (line) => {
    const pre = element('pre', 'command', line);
    pre.tabIndex = 0;
    return pre;
  };
  return [
    element(
      'div', 'pair',
      element('div', '', element('h4', '', 'Request'), head(request)),
      element('div', '', element('h4', '', 'Response'), head(response)),
    ),
    element('h4', '', 'Send it again'),
    command(join(curl, ' -H ')),
    command(join(script, ', { ')),
  ];
}

// An exchange opens below the test that names it, and closes again.
document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-x]');
  if (!button) return;
  const item = button.closest('li');
  const open = [...item.querySelectorAll('.inline')].find((shown) => shown.dataset.of === button.dataset.at);
  if (open) {
    open.remove();
    delete button.dataset.at;
    button.setAttribute('aria-expanded', 'false');
    return;
  }
  button.dataset.at = String([...item.querySelectorAll('button[data-x]')].indexOf(button));
  const shown = element('div', 'inline', ...exchange(Number(button.dataset.x)));
  shown.dataset.of = button.dataset.at;
  item.append(shown);
  button.setAttribute('aria-expanded', 'true');
});

if (form) {
  form.hidden = false;
  form.addEventListener('input', () => { filter(); write(); });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.querySelector('output').textContent = `${document.querySelectorAll('.tests > li').length} tests`;
  addEventListener('hashchange', read);
  read();
}
