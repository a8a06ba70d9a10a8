// Who is logged in sees the chat; who is not sees the form. A socket that is closed with 4401 has lost its login, in whichever
// window or on whichever machine that happened; the server is asked whether this browser has one still.
const LOGIN_ENDED = 4401;
const RETRY_MS = 2000;
const room = new URLSearchParams(location.search).get('room') ?? 'lobby';
const find = (id) => document.getElementById(id);
let socket = null;

const show = (name) => {
  find('name').textContent = name ?? '';
  find('who').hidden = find('chat').hidden = name === null;
  find('account').hidden = name !== null;
};

const write = ({ from, text }) => {
  const line = document.createElement('li');
  const who = document.createElement('b');
  who.textContent = from;
  line.append(who, text);
  find('log').append(line);
  line.scrollIntoView({ block: 'nearest' });
};

const connect = () => {
  const address = new URL(`/ws/room/${encodeURIComponent(room)}/`, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(address);
  socket.onopen = () => { find('state').textContent = `In the room ${room}.`; };
  socket.onmessage = (event) => write(JSON.parse(event.data));
  socket.onclose = (event) => {
    socket = null;
    if (event.code === LOGIN_ENDED) {
      find('log').replaceChildren();
      begin();
    } else if (!find('chat').hidden) {
      find('state').textContent = 'The connection is lost; trying again.';
      setTimeout(begin, RETRY_MS);
    }
  };
};

const begin = async () => {
  const answer = await fetch('/account/me').catch(() => null);
  if (answer === null) {
    setTimeout(begin, RETRY_MS); // the server is away
    return;
  }
  show(answer.ok ? (await answer.json()).name : null);
  if (answer.ok && socket === null) {
    connect();
  }
};

find('account').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const action = event.submitter?.value ?? 'login';
  const answer = await fetch(`/account/${action}`, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  find('complaint').textContent = answer.ok ? '' : (await answer.json()).detail;
  if (answer.ok) {
    form.reset();
    await begin();
  }
});

find('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const { to, text } = event.target.elements;
  socket?.send(JSON.stringify(to.value === '' ? { text: text.value } : { to: to.value, text: text.value }));
  text.value = '';
});

find('logout').addEventListener('click', async () => {
  await fetch('/account/logout', { method: 'POST' });
  show(null);
});

begin();
