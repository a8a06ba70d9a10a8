// A page in strict mode whose server is in the page, too: it joins who asks, and says what it is told to.
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { useConnectionState, useRouter, useTopic } from "channels-socket-router/react";

const sockets = [];
class FakeSocket {
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
    sockets.push(this);
    queueMicrotask(() => this.closed || this.onopen?.({}));
  }

  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    if (message.route === "$join") {
      const presence = { epoch: "p", version: 1, state: { ali: { metas: [{ ref: "ali" }] } } };
      this.receive({ uuid: message.uuid, status: 200, headers: null, payload: { topic: message.payload.topic, epoch: "e", offset: 0, recovered: false, messages: [], presence } });
    }
  }

  receive(message) {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(message) }));
  }

  close() {
    this.closed = true;
  }
}

const options = { WebSocket: FakeSocket };

function Room({ client, name }) {
  const [texts, setTexts] = useState([]);
  const { state, presence } = useTopic(client, name, {
    presence: true,
    onMessage: ({ payload }) => setTexts((all) => [...all, payload]),
    onReset: () => setTexts(["reset"]),
  });
  return <p className="room">{`${name} ${state} ${[...presence.keys()]}: ${texts}`}</p>;
}

function App() {
  const client = useRouter("ws://server/", options);
  const state = useConnectionState(client);
  const [rooms, setRooms] = useState(["one", "one"]);
  Object.assign(window.page, { setRooms });
  return <main><b>{state}</b>{rooms.map((room, i) => <Room key={i} client={client} name={room} />)}</main>;
}

const root = createRoot(document.body.appendChild(document.createElement("div")));
window.page = { sockets, root, live: () => sockets.filter(({ closed }) => !closed) };
root.render(<StrictMode><App /></StrictMode>);
