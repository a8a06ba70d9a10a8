// The lobby is at /, every other room at /room/NAME/.
const room = location.pathname.split('/')[2] || 'lobby';
const at = (id) => document.getElementById(id);
at('room').textContent = room;

let socket;

function connect() {
  const address = new URL(`/ws/room/${room}/`, location);
  address.protocol = address.protocol.replace('http', 'ws');
  socket = new WebSocket(address);
  socket.onopen = () => { at('state').textContent = 'Connected.'; };
  socket.onmessage = (event) => show(JSON.parse(event.data));
  socket.onclose = (event) => {
    at('state').textContent = `${event.reason || 'Disconnected.'} Connecting again …`;
    setTimeout(connect, 1000 + Math.random() * 2000); // not everybody at once
  };
}

function show(said) {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = said.name;
  line.append(name, said.text);
  at('log').append(line);
}

at('say').onsubmit = (event) => {
  event.preventDefault();
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ name: at('name').value, text: at('text').value }));
    at('text').value = '';
  }
};

connect();
