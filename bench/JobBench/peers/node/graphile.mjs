// graphile-worker, with its own settings for throughput: jobs fetched and completed in batches.
//   node graphile.mjs submit JOBS CALLERS CONNECTION_STRING
//   node graphile.mjs work CONCURRENCY URL CONNECTION_STRING
import { makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { submit, poster } from "./common.mjs";

const [mode, a, b, connectionString] = process.argv.slice(2);
if (mode === "submit") {
  const pgPool = new pg.Pool({ connectionString, max: 16 });
  const utils = await makeWorkerUtils({ pgPool });
  await utils.migrate();
  await submit(Number(a), Number(b), i => utils.addJob("call", { i }));
  await utils.release();
  await pgPool.end();
} else {
  const post = poster(b);
  await run({
    connectionString,
    noHandleSignals: false,
    taskList: { call: payload => post(payload) },
    preset: {
      worker: {
        concurrentJobs: Number(a),
        maxPoolSize: 16,
        pollInterval: 100,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
}
