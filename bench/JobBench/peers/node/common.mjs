import { Pool } from "undici";

/** Adds jobs one by one from a number of callers at once, and prints how long it took. */
export async function submit(jobs, callers, add) {
  let next = 0;
  const caller = async () => {
    while (next < jobs) {
      await add(next++);
    }
  };
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: callers }, caller));
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - started) / 1e9 }));
}

/** What each job does: one POST to the upstream, on kept connections. */
export function poster(url) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 64 });
  return async payload => {
    const { statusCode, body } = await pool.request({
      method: "POST", path: pathname, headers: { "content-type": "application/json" }, body: JSON.stringify(payload),
    });
    await body.dump();
    if (statusCode !== 200) {
      throw new Error(`upstream answered ${statusCode}`);
    }
  };
}
