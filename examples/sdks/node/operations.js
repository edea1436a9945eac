// What every client does, whatever its SDK: each operation by name, one line for each.
import assert from "node:assert/strict";

export const { ENDPOINT, REGION, KEY_ID, KEY_SECRET, BUCKET } = process.env;
export const BODY = Buffer.from("cross-origin é\n".repeat(40));
export const KEY = "dir/a b+c.txt";
export const PART = Buffer.alloc(5 * 1024 * 1024, "p");

let failed = false;

export async function operation(name, work) {
  try {
    console.log(`${name}\tok\t${(await work()) ?? ""}`);
  } catch (error) {
    failed = true;
    const text = `${error.name}: ${error.message}`.split(/\s+/).join(" ");
    console.log(`${name}\tfailed\t${text.slice(0, 300)}`);
  }
}

export function end() {
  process.exitCode = failed ? 1 : 0;
}

export const same = (found, expected) => assert.deepEqual(found, expected);

// Fails unless `work` throws an error of this name with these properties.
export async function raised(name, properties, work) {
  try {
    await work();
  } catch (error) {
    assert.equal(error.name, name, error.message);
    for (const [key, value] of Object.entries(properties)) assert.equal(error[key], value, key);
    return name;
  }
  assert.fail(`nothing was thrown, expected ${name}`);
}
