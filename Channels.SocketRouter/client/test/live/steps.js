// What the scripts against a real server share.
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tells the test that started the script something, and waits for its answer. */
export const tell = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};

/** Comes back quickly, and gives nothing up because the machine is slow: the waits of the defaults are tested with fake time. */
export const quick = { WebSocket, retryDelay: 50, maxRetryDelay: 200, timeout: 120_000, connectTimeout: 120_000, heartbeat: 0 };

/** Resolves when the condition holds; it is looked at after everything that a client tells. */
export const until = (subscriptions, condition) =>
  new Promise((resolve) => {
    const ends = [];
    const look = () => {
      if (condition()) {
        ends.forEach((end) => end());
        resolve();
      }
    };
    ends.push(...subscriptions.map((subscribe) => subscribe(look)));
    look();
  });

export const isOpen = (client) => until([client.onState], () => client.state === "open");

export const isJoined = (topic) => until([topic.onState], () => topic.state === "joined");

export const run = (main) => main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
