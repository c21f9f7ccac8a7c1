// Measures how the loader endures: node e2e/hostile/endurance.mjs [crash] [full] [speed] [small]. `crash` kills the
// browser 20 times during a download of 1 GB, `full` fills the storage 20 times, `speed` compares a download with a
// bare loop of fetch, hash and write. `small` does less of each.

import { crashes, fullStorage } from "./crash.mjs";
import { serveHostile } from "./harness.mjs";
import { throughput } from "./speed.mjs";

const names = process.argv.slice(2);
const small = names.includes("small");
const site = await serveHostile();
for (const kind of ["indexeddb", "opfs"]) {
  const of = { site: site.url, kind };
  if (names.includes("crash")) {
    print("crash", kind, await crashes({ ...of, ...(small ? { size: 60e6, kills: 3 } : { size: 1e9, kills: 20 }) }));
  }
  if (names.includes("full")) {
    print(
      "full",
      kind,
      await fullStorage({ ...of, ...(small ? { size: 60e6, points: 3 } : { size: 3e8, points: 20 }) }),
    );
  }
  if (names.includes("speed")) print("speed", kind, await throughput({ ...of, size: small ? 100e6 : 500e6 }));
}
await site.close();

function print(name, kind, result) {
  console.log(name, kind, JSON.stringify(result));
}
