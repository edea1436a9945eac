// Compares two files of situations, browser by browser: node scripts/browsers/compare.mjs A.json B.json
//
// Ends with 1 where a situation that both have came out differently.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const [before, after] = process.argv.slice(2, 4).map((file) =>
  new Map(JSON.parse(readFileSync(file, 'utf8')).map((situation) => [situation.id, situation])));
let differing = 0;
for (const browser of ['chromium', 'firefox']) {
  let compared = 0;
  let same = 0;
  for (const [id, { [browser]: now, volatile }] of after) {
    const then = before.get(id)?.[browser];
    if (!then || !now) continue;
    compared += 1;
    const differs = then.findIndex((step, at) => volatile
      ? step.code.split('+')[0] !== now[at].code.split('+')[0]
      : !isDeepStrictEqual(step, now[at]));
    if (differs < 0) {
      same += 1;
    } else {
      console.log(`${id}, ${browser}, step ${differs}\n  then ${JSON.stringify(then[differs])}\n  now  ${JSON.stringify(now[differs])}`);
    }
  }
  differing += compared - same;
  console.log(`${browser}: ${same} of ${compared} situations as before`);
}
process.exit(differing > 0 ? 1 : 0);
