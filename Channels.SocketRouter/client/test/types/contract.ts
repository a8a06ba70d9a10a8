// Compiled, never run: what a contract lets through, and what it refuses.
import { JsonClient, RouterClient, RouterError, type Position, type Reply } from "channels-socket-router";
import { useConnectionState, useRouter, useTopic } from "channels-socket-router/react";

interface Article {
  id: number;
  title: string;
}

interface Articles {
  routes: {
    get: { request: { id: number }; response: Article };
    list: { request: undefined; response: Article[]; item: Article };
    draft: { request: { title: string } | undefined; response: number };
    touch: { request: { id: number }; response: undefined };
  };
  topics: {
    articles: { created: Article };
    [topic: `article.${number}`]: { changed: Article; removed: { id: number } };
  };
  pushes: { notice: string };
}

export async function typed(client: RouterClient<Articles>): Promise<void> {
  const title: string = (await client.call("get", { id: 1 })).title;
  const whole: Reply<Article[]> = await client.request("list");
  const number: number = await client.call("draft", { title }, { timeout: 5, signal: new AbortController().signal, idempotencyKey: "k" });
  client.send("touch", { id: number });
  client.on("notice", (text) => text.trim());
  for await (const article of client.stream("list", undefined, { queue: false })) {
    article.title.trim();
  }
  const topic = client.topic("article.7", { since: "acked", presence: { meta: { name: "Ali" } }, ack: true });
  topic.on("changed", (article, { position }) => [article.title, (position as Position).offset]);
  const ends: () => void = topic.on("removed", ({ id }) => id.toFixed());
  ends();

  // @ts-expect-error no such route
  await client.call("remove", { id: 1 });
  // @ts-expect-error the payload is missing
  await client.call("get");
  // @ts-expect-error the payload has another type
  await client.call("get", { id: "1" });
  // @ts-expect-error the answer is an article
  const wrong: number = await client.call("get", { id: 1 });
  // @ts-expect-error this one takes nothing
  await client.call("list", { id: 1 });
  // @ts-expect-error no such topic
  client.topic("article.x");
  // @ts-expect-error no such event
  client.topic("articles").on("removed", () => {});
  // @ts-expect-error no such push
  client.on("news", () => {});
  void [whole, wrong];
}

export async function untyped(): Promise<void> {
  const client = new RouterClient("/router/", { headers: () => ({ token: "t" }) });
  const { anything } = await client.call("whatever", { a: [1] });
  client.topic("room").on("said", ({ text }) => anything(text));
  await client.call("other").catch((error: unknown) => error instanceof RouterError && error.fault === "timeout");
}

type In = { type: "said"; text: string } | { type: "left" };
type Out = { type: "say"; text: string };

export function messages(): void {
  const client = new JsonClient<In, Out>((position) => `/chat/?since=${position ?? ""}`, { hello: () => ({ type: "say", text: "hello" }) });
  client.on("said", ({ text }) => text.trim());
  client.send({ type: "say", text: "x" });
  // @ts-expect-error no such type
  client.on("went", () => {});
  // @ts-expect-error not what the server takes
  client.send({ type: "said", text: "x" });
}

export function useArticles(): string {
  const client = useRouter<Articles>("/router/", { timeout: 1_000 });
  const state = useConnectionState(client);
  const { presence } = useTopic(client, "article.1", { presence: true, onMessage: ({ event }) => event, onReset: (reason) => reason });
  // @ts-expect-error no such topic
  useTopic(client, "nothing");
  return `${state} ${[...presence.keys()]}`;
}
