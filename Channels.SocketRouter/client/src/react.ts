import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Connection, ConnectionState, Contract, Presence, RouterClient, RouterClientOptions, TopicMessage, TopicOptions, TopicState, Untyped } from "./index.js";
import { RouterClient as Client } from "./index.js";

const nobody: Presence = new Map();

/** A client that lives as long as the component; another address makes another one. Options count where it is made. */
export function useRouter<C extends Contract = Untyped>(url: string, options?: RouterClientOptions): RouterClient<C> {
  const first = useRef(options);
  const client = useMemo(() => new Client<C>(url, { ...first.current, autoConnect: false }), [url]);
  const closing = useRef(new WeakMap<object, ReturnType<typeof setTimeout>>());
  useEffect(() => {
    // Strict mode takes components off and puts them back on at once: that is no reason to close.
    clearTimeout(closing.current.get(client));
    client.connect();
    const timers = closing.current;
    return () => void timers.set(client, setTimeout(() => client.close(), 0));
  }, [client]);
  return client;
}

/** The state of a connection; the component is drawn anew when it changes. */
export function useConnectionState(connection: Connection): ConnectionState {
  return useSyncExternalStore(connection.onState, () => connection.state, () => "connecting");
}

/** What `useTopic` gives. */
export interface TopicView {
  readonly state: TopicState;
  readonly presence: Presence;
}

export interface UseTopicOptions extends TopicOptions {
  /** Hears each message once, in order. */
  onMessage?: (message: TopicMessage<any>) => unknown;
  /** Hears that messages were missed for good: load anew. */
  onReset?: (reason: string) => unknown;
}

/** Is in a topic while the component is there. Several components may be in one topic: it is joined once. */
export function useTopic<C extends Contract>(router: RouterClient<C>, name: string & keyof NonNullable<C["topics"]>, options: UseTopicOptions = {}): TopicView {
  const latest = useRef(options);
  const [view, show] = useState<TopicView>({ state: "joining", presence: nobody });
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const topic = router.topic(name, latest.current);
    const draw = (): void => show({ state: topic.state, presence: topic.presence });
    const ends = [
      topic.onState(draw),
      topic.onPresence(draw),
      topic.onMessage((message) => latest.current.onMessage?.(message)),
      topic.onReset((reason) => latest.current.onReset?.(reason)),
    ];
    draw();
    return () => {
      ends.forEach((end) => end());
      topic.leave();
    };
  }, [router, name]);
  return view;
}
