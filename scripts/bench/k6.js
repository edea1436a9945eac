// k6, sending the preflight as fast as its virtual users can, or at a constant arrival rate.
import http from 'k6/http';

const headers = Object.fromEntries(__ENV.BENCH_FIELDS.split('\n').map((line) => line.split(': ')));
const users = Number(__ENV.BENCH_USERS);
const duration = __ENV.BENCH_SECONDS + 's';
const rate = Number(__ENV.BENCH_RATE);

export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
  scenarios: {
    preflights: rate
      ? { executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration, preAllocatedVUs: users, maxVUs: users }
      : { executor: 'constant-vus', vus: users, duration },
  },
};

export default function () {
  http.request('OPTIONS', __ENV.BENCH_URL, null, { headers });
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics) };
}
