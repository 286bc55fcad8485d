// BullMQ on Redis.
//   node bullmq.mjs submit JOBS CALLERS REDIS_PORT
//   node bullmq.mjs work CONCURRENCY URL REDIS_PORT
import { Queue, Worker } from "bullmq";
import { submit, poster } from "./common.mjs";

const [mode, a, b, port] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
if (mode === "submit") {
  const queue = new Queue("calls", { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  await submit(Number(a), Number(b), i => queue.add("call", { i }));
  await queue.close();
} else {
  const post = poster(b);
  new Worker("calls", job => post(job.data), { connection, concurrency: Number(a) });
}
